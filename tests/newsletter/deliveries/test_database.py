"""How the ledger talks to the database."""

from datetime import datetime

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from newsletter.deliveries.database import array, database_now, plan_once, row_count, rows
from tests.factories import SubscriberFactory


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "{}"),
        ([1, 2], '{"1","2"}'),
        (["a,b", "{c}"], '{"a,b","{c}"}'),
        (['"', "\\"], '{"\\"","\\\\"}'),
        ([""], '{""}'),
        (["NULL"], '{"NULL"}'),
    ],
)
def test_an_array_is_written_as_postgresql_reads_it(values: list[object], text: str) -> None:
    assert array(values) == text


class TestRoundTrip(TestCase):
    @given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
    def test_any_texts_come_back_as_they_were(self, texts: list[str]) -> None:
        assert rows("SELECT %(texts)s::text[]", {"texts": array(texts)}) == [(texts,)]


@pytest.mark.django_db
def test_changes_are_counted() -> None:
    SubscriberFactory.create_batch(3)

    assert row_count("UPDATE newsletter_subscriber SET frequency = %(f)s", {"f": "monthly"}) == 3
    assert row_count("UPDATE newsletter_subscriber SET frequency = %(f)s WHERE false", {"f": "weekly"}) == 0


@pytest.mark.django_db
def test_the_clock_runs_on_within_a_transaction() -> None:
    first, second = database_now(), database_now()

    assert isinstance(first, datetime)
    assert first.tzinfo is not None
    assert first < second


@pytest.mark.django_db
def test_a_connection_that_plans_once_says_so() -> None:
    try:
        plan_once()
        assert rows("SHOW plan_cache_mode", {}) == [("force_generic_plan",)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET plan_cache_mode")
