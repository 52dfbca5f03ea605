"""The page of subscribers over time, and the numbers above their list."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from newsletter.models import Consent
from newsletter.readers.addresses import address_key
from tests.desk import count_queries, desk_of, open_desk
from tests.factories import NOW, SubscriberFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/newsletter/subscriber/over-time/"
LIST = "/admin/newsletter/subscriber/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """So that no midnight comes between the test's day and the page's."""
    with time_machine.travel(NOW, tick=False):
        yield


def record(name: str, action: str, *, days_ago: int) -> None:
    at = NOW.replace(hour=0, minute=0) - timedelta(days=days_ago)
    key = address_key(f"{name}@example.com")
    Consent.objects.create(address_key=key, action=action, source="page", wording="2026-11", created_at=at)


@pytest.fixture
def readers() -> None:
    """Three are active; one of 200 days ago left this week."""
    SubscriberFactory.create_batch(3)
    for name, action, days_ago in (
        ("ada", "confirmed", 0),
        ("bob", "confirmed", 5),
        ("eve", "confirmed", 200),
        ("eve", "unsubscribed", 3),
    ):
        record(name, action, days_ago=days_ago)


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize(
    ("query", "number", "said"),
    [
        pytest.param("", 90, "2 confirmed and 1 left in 90 days; 3 are active now.", id="as it opens"),
        pytest.param("?days=90", 90, "2 confirmed and 1 left in 90 days; 3 are active now.", id="90 days"),
        pytest.param("?days=365", 365, "3 confirmed and 1 left in 365 days; 3 are active now.", id="a year"),
    ],
)
def test_it_tells_of_a_quarter_or_a_year(query: str, number: int, said: str) -> None:
    response: Any = open_desk().get(f"{PAGE}{query}")

    page = response.content.decode()
    assert said in page
    charts = [chart for chart, _ in response.context["charts"]]
    assert [len(chart.bars) for chart in charts] == [number] * 3
    assert [chart.bars[-1].counts for chart in charts] == [(3,), (1,), (0,)]
    assert page.count('<th scope="row">') == number
    assert page.count('role="img"') == 3
    assert "<script src" not in page.split('id="content-main"')[1]


def test_those_who_came_and_those_who_left_have_one_axis() -> None:
    for n in range(9):
        record(f"reader-{n}", "confirmed", days_ago=1)
    record("reader-0", "unsubscribed", days_ago=0)

    response: Any = open_desk().get(PAGE)

    _, confirmed, left = (chart.heights for chart, _ in response.context["charts"])
    assert confirmed == left


def test_an_empty_list_of_readers_has_a_page_too() -> None:
    page = open_desk().get(PAGE).content.decode()

    assert "0 confirmed and 0 left in 90 days; 0 are active now." in page


@pytest.mark.parametrize("query", ["?days=7", "?days=", "?days=x", "?days=90%00"])
def test_other_periods_there_are_none(query: str) -> None:
    assert open_desk().get(f"{PAGE}{query}").status_code in {400, 404}


@pytest.mark.usefixtures("readers")
def test_it_costs_two_queries_more_than_being_let_in() -> None:
    desk = open_desk()

    # Session, curator; who came and left by the day, subscribers by status.
    assert count_queries(desk, PAGE) == 4
    # Right after, the numbers are those of before.
    assert count_queries(desk, PAGE) == 2


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        pytest.param((), 403, id="none"),
        pytest.param(("view_edition", "view_consent"), 403, id="others"),
        pytest.param(("view_subscriber",), 200, id="view"),
        pytest.param(("change_subscriber",), 200, id="change"),
    ],
)
def test_it_takes_the_permission_to_see_subscribers(permissions: tuple[str, ...], status: int) -> None:
    assert desk_of(*permissions).get(PAGE).status_code == status


def test_a_stranger_is_sent_to_the_login() -> None:
    response = Client().get(PAGE)

    assert (response.status_code, "/admin/login/" in response["Location"]) == (302, True)


@pytest.mark.usefixtures("readers")
def test_the_list_counts_subscribers_and_leads_to_it() -> None:
    SubscriberFactory(status="pending", confirmed_at=None)

    page = open_desk().get(LIST).content.decode()

    assert "3 active, 1 waiting for confirmation, 0 unsubscribed." in page
    assert f'href="{PAGE}"' in page
