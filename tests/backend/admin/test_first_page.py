"""The first page of the desk: what waits is counted up to a limit, and what a worker counted costs no query."""

import json
import re

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from backend.admin import first_page
from backend.admin.first_page import count_blocks, count_up_to, written
from catalog.models import Tool
from tests.desk import count_queries, desk_of, open_desk
from tests.factories import ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    cache.clear()


def test_counts_end_at_the_limit_and_take_one_query() -> None:
    ToolFactory.create_batch(4)
    rows = [Tool.objects.all(), Tool.objects.filter(slug="nowhere")]

    with CaptureQueriesContext(connection) as queries:
        counts = count_up_to(rows, most=2)

    assert counts == [3, 0]
    assert len(queries) == 1


def test_nothing_to_count_takes_no_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert count_up_to([]) == []

    assert len(queries) == 0


@pytest.mark.parametrize(("number", "words"), [(1, "1"), (1_000, "1,000"), (1_001, "more than 1,000")])
def test_a_number_beyond_the_limit_says_so(number: int, words: str) -> None:
    assert written(number) == words


def test_what_waits_leads_to_its_list_in_the_singular_and_the_plural() -> None:
    ReviewFactory(status="in_review")
    ToolFactory.create_batch(2, status="in_review", published_at=None)
    desk = open_desk()

    page = desk.get("/admin/").content.decode()

    waiting = re.findall(r'<li><a href="([^"]*)"><strong>([^<]*)</strong> ([^<]*)</a>', page)
    assert waiting == [
        ("/admin/reviews/review/?status__exact=in_review", "1", "review handed in for review"),
        ("/admin/catalog/tool/?status__exact=in_review", "2", "tools handed in for review"),
    ]
    for address, number, _ in waiting:
        assert desk.get(address).context["cl"].result_count == int(number)


def test_without_anything_to_do_it_says_so() -> None:
    assert "<p>Nothing.</p>" in desk_of().get("/admin/").content.decode()


def test_the_page_takes_at_most_twelve_queries_whatever_there_is() -> None:
    desk = open_desk()
    count_queries(desk, "/admin/")
    few = count_queries(desk, "/admin/")
    ReviewFactory.create_batch(5, status="draft")
    ReviewFactory.create_batch(12)
    count_blocks(now=timezone.now())

    assert count_queries(desk, "/admin/") == few <= 12


def test_an_editors_page_takes_at_most_twelve_too() -> None:
    desk = desk_of(*Permission.objects.values_list("codename", flat=True))
    ReviewFactory.create_batch(5, status="draft")
    count_blocks(now=timezone.now())

    assert count_queries(desk, "/admin/") <= 12


def test_what_a_worker_counts_is_plain_values() -> None:
    """A later release reads them."""
    ReviewFactory()

    count_blocks(now=timezone.now())

    for name, block in first_page.BLOCKS.items():
        if block.count:
            json.dumps(cache.get(f"first-page:{name}"))


def test_without_redis_the_page_is_there(settings: Settings) -> None:
    ToolFactory(status="in_review", published_at=None)
    desk = open_desk()
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    page = desk.get("/admin/").content.decode()

    assert "tool handed in" in page
    assert "It has not done so yet" in page
