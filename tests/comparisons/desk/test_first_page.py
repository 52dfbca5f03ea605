"""What the desk's first page says of the catalog and its reviewers: to whom, and where each number leads."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from backend.admin.first_page import Waiting, count_blocks
from comparisons.desk import first_page
from comparisons.desk.calibrating import calibrate
from tests.desk import desk_of, open_desk
from tests.factories import (
    AHEAD,
    NOW,
    ComparisonFactory,
    HeadToHeadFactory,
    ReviewFactory,
    ToolFactory,
    VoteFactory,
    review,
)
from tests.plans import plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    cache.clear()


def counted(desk: Any) -> str:
    count_blocks(now=timezone.now())
    return str(desk.get("/admin/").content.decode())


# So that no midnight comes between the test's day and the page's.
@time_machine.travel(NOW, tick=False)
def test_each_list_names_its_first_rows_and_leads_to_the_whole() -> None:
    desk = open_desk()
    for n in range(first_page.SHOWN + 1):
        ToolFactory(name=f"Old {n}", pricing_checked_on=NOW.date() - timedelta(days=200 + n))
    ToolFactory(name="Fresh", pricing_checked_on=NOW.date())

    page = counted(desk)

    prices = page.split("Prices to check</h2>")[1].split("</div>")[0]
    assert re.findall(r">(Old \d)<", prices) == ["Old 5", "Old 4", "Old 3", "Old 2", "Old 1"]
    assert "checked 205 days ago, 0 votes" in prices
    whole = re.search(r'href="([^"]*)">6 in all', prices)
    assert whole
    listed = desk.get(whole[1].replace("&amp;", "&"))
    assert [tool.name for tool in listed.context["cl"].queryset] == [f"Old {n}" for n in range(6)]


# Months later the reviews that factories date are due, too.
@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("heading", "address"),
    [
        pytest.param("Reviews that are due", "/admin/reviews/review/", id="reviews"),
        pytest.param("Tools without a review", "/admin/catalog/tool/", id="tools"),
        pytest.param("Ties without guidance", "/admin/comparisons/comparison/", id="pairs"),
    ],
)
def test_the_list_behind_a_number_has_so_many_rows(heading: str, address: str) -> None:
    desk = open_desk()
    ReviewFactory(reviewed_on=NOW.date() - timedelta(days=365))
    ToolFactory()
    tie = ComparisonFactory()
    for tool in (tie.first_tool, tie.second_tool):
        review(tool, ship=3)

    page = counted(desk)

    whole = re.search(r'href="([^"]*)">1 in all', page.split(heading)[1])
    assert whole
    assert whole[1].startswith(address)
    assert desk.get(whole[1].replace("&amp;", "&")).context["cl"].result_count == 1


def test_a_rubber_stamp_is_marked_and_others_are_not() -> None:
    stamp = ReviewFactory(reviewer__name="Yes").reviewer
    ReviewFactory.create_batch(9, reviewer=stamp)
    ReviewFactory(reviewer__name="Choosy")
    calibrate()

    panel = counted(open_desk()).split('id="panel-health"')[1].split("</table>")[0]

    rows = {
        re.sub(r"<[^>]*>", "", row.split("</a>")[0]).strip(): "Rubber stamp" in row
        for row in panel.split('<th scope="row">')[1:]
    }
    assert rows == {"Yes": True, "Choosy": False}


def test_votes_are_drawn_by_the_day_on_which_they_were_cast() -> None:
    VoteFactory.create_batch(3)

    page = counted(open_desk())

    assert "Votes cast on each day: 3 in all." in page
    assert "Picks cast on each day: 0 in all." in page


def test_what_is_scheduled_is_counted_until_its_moment_and_its_list_has_so_many_rows() -> None:
    desk = open_desk()
    ahead = ToolFactory(name="Ahead", published_at=AHEAD)
    ToolFactory(name="Gone", published_at=AHEAD, status="archived")
    ComparisonFactory(first_tool=ahead)

    page = desk.get("/admin/").content.decode()

    for words, rows in (("scheduled tool", ["Ahead"]), ("scheduled comparison", None)):
        found = re.search(rf'href="([^"]*)">\s*1 {words}', re.sub(r"</?(strong|b|span)[^>]*>", "", page))
        assert found, words
        listed = desk.get(found[1].replace("&amp;", "&")).context["cl"].queryset
        assert len(listed) == 1
        assert rows is None or [tool.name for tool in listed] == rows


@pytest.mark.parametrize(
    ("permissions", "seen"),
    [
        pytest.param((), set(), id="none"),
        pytest.param(("view_tool",), {"Prices to check", "Tools without a review"}, id="tools"),
        pytest.param(("view_review",), {"Reviews that are due"}, id="reviews"),
        pytest.param(("view_comparison",), {"Ties without guidance"}, id="pairs"),
        pytest.param(("view_reviewer",), {"The panel"}, id="reviewers"),
        pytest.param(("view_vote",), {"Votes cast on each day"}, id="votes"),
        pytest.param(("view_pick",), {"Picks cast on each day"}, id="picks"),
        pytest.param(("change_review",), {"draft of a review"}, id="who writes reviews"),
        pytest.param(("change_tool",), {"draft of a tool"}, id="who writes tools"),
        pytest.param(("publish_review",), {"review handed in"}, id="who publishes reviews"),
        pytest.param(("change_review", "publish_review"), {"review handed in"}, id="who does both"),
        pytest.param(("publish_headtohead",), {"head-to-head handed in"}, id="who publishes head-to-heads"),
        pytest.param(("publish_tool",), {"tool handed in", "scheduled tool"}, id="who publishes tools"),
        pytest.param(
            ("publish_comparison",),
            {"comparison handed in", "scheduled comparison"},
            id="who publishes pairs",
        ),
    ],
)
def test_each_sees_what_they_may(permissions: tuple[str, ...], seen: set[str]) -> None:
    ReviewFactory(status="draft")
    ToolFactory(status="draft", published_at=None)
    for factory in (ReviewFactory, HeadToHeadFactory, ToolFactory, ComparisonFactory):
        factory(status="in_review")
    ComparisonFactory(first_tool=ToolFactory(published_at=AHEAD))
    calibrate()

    page = counted(desk_of(*permissions))

    words = [
        *("Prices to check", "Tools without a review", "Reviews that are due", "Ties without guidance"),
        *("The panel", "Votes cast on each day", "Picks cast on each day"),
        *("draft of a review", "draft of a tool"),
        *("review handed in", "head-to-head handed in", "tool handed in", "comparison handed in"),
        *("scheduled tool", "scheduled comparison"),
    ]
    assert {each for each in words if each in page} == seen


@pytest.mark.parametrize(
    ("waiting", "index"),
    list(
        zip(
            first_page.WAITING,
            [
                *["reviews_that_wait"] * 2,
                *["head_to_heads_that_wait"] * 2,
                *["tools_that_wait"] * 2,
                "tools_by_moment",
                *["comparisons_that_wait"] * 2,
                "comparisons_by_moment",
                "open_alerts",
            ],
            strict=True,
        )
    ),
    ids=lambda value: getattr(value, "many", value),
)
def test_what_waits_is_found_without_reading_what_is_done(waiting: Waiting, index: str) -> None:
    sql, params = waiting.rows().values("pk")[:1_001].query.sql_with_params()

    assert index in plan_of(sql, params, index=index)
