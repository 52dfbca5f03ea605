"""Lists of many rows, by those of votes and reviews: their order, their last page, and what they can't do."""

from typing import Any

import pytest

from tests.desk import open_desk
from tests.factories import ReviewFactory, VoteFactory

pytestmark = pytest.mark.django_db

VOTES, REVIEWS = "/admin/votes/vote/", "/admin/reviews/review/"


def test_no_address_sorts_by_what_no_column_offers() -> None:
    one, other = VoteFactory(value="ship"), VoteFactory(value="skip")

    desk = open_desk()

    for asked in ("o=3", "o=-3", "o=1.2"):
        response: Any = desk.get(f"{VOTES}?{asked}")
        assert [found.pk for found in response.context["cl"].result_list] == [other.pk, one.pk]


def test_a_page_behind_the_last_one_keeps_the_filter() -> None:
    vote = VoteFactory(status="quarantined")
    VoteFactory()

    response: Any = open_desk().get(f"{VOTES}?status__exact=quarantined&p=5")

    assert [found.pk for found in response.context["cl"].result_list] == [vote.pk]


@pytest.mark.parametrize(
    "query",
    ["created_at__year=abc&q=x", "e=1&created_at__year=abc", f"q={'a+' * 21}"],
    ids=["a filter", "a filter once more", "a long search"],
)
def test_what_a_list_can_not_do_is_said_and_shows_no_other_rows(query: str) -> None:
    VoteFactory()

    response = open_desk().get(f"{VOTES}?{query}")

    assert response.status_code == 400
    assert "something that this page does not take" in response.content.decode()


def test_a_search_offers_no_dates_and_keeps_one_that_was_chosen() -> None:
    ReviewFactory(quote="It breaks.", reviewed_on="2026-10-02")
    ReviewFactory(quote="It breaks.", reviewed_on="2026-11-02")
    desk = open_desk()

    def shown(query: str) -> tuple[int, bool]:
        response: Any = desk.get(f"{REVIEWS}?{query}")
        return len(response.context["cl"].result_list), "toplinks" in response.content.decode()

    assert shown("") == (2, True)
    assert shown("q=breaks") == (2, False)
    assert shown("q=breaks&reviewed_on__year=2026&reviewed_on__month=10") == (1, True)
