"""One box for everything, as staff of each kind see it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.desk import desk_of, open_desk
from tests.factories import (
    CategoryFactory,
    ComparisonFactory,
    ConditionFactory,
    EditionFactory,
    HeadToHeadFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
)

pytestmark = pytest.mark.django_db

VIEWS = [
    f"view_{model}"
    for model in (
        "tool",
        "review",
        "comparison",
        "headtohead",
        "reviewer",
        "category",
        "condition",
        "edition",
    )
]


def found(desk: Any, q: str) -> dict[str, list[str]]:
    """The words that are found, by the name of their list."""
    answer = desk.get("/admin/search/", {"q": q})
    assert answer.status_code == 200
    return {each.name: [words for words, _ in each.rows] for each in answer.context["found"]}


def fill(number: int) -> None:
    for each in range(number):
        one, other = (ToolFactory(name=f"Wren {side} {each}", slug=f"wren-{side}-{each}") for side in "ab")
        ReviewFactory(tool=one, quote="The wren holds.")
        HeadToHeadFactory(first_tool=one, second_tool=other, quote="Wren.")
        ComparisonFactory(first_tool=one, second_tool=other)
        CategoryFactory(name=f"Wrens {each}", slug=f"wrens-{each}")
        ConditionFactory(name=f"it must be a wren {each}", slug=f"a-wren-{each}")
        ReviewerFactory(name=f"The Wren {each}", slug=f"the-wren-{each}")
        EditionFactory(week=f"2026-W{each + 10}", subject="Wren")


def test_it_finds_rows_of_every_list_that_is_searched() -> None:
    fill(1)

    assert list(found(open_desk(), "wren")) == [
        *("tools", "comparisons", "reviews", "head-to-heads", "editions", "reviewers", "categories"),
        "conditions",
    ]


@pytest.mark.parametrize(
    ("right", "lists"),
    [
        ("view_tool", {"tools"}),
        ("change_review", {"reviews"}),
        ("view_delivery", set()),
        ("view_vote", set()),
    ],
)
def test_each_sees_what_their_lists_show_them(right: str, lists: set[str]) -> None:
    fill(1)

    assert found(desk_of(right), "wren").keys() == lists


def test_a_list_that_finds_more_is_linked_with_the_same_words() -> None:
    fill(4)

    page = open_desk().get("/admin/search/", {"q": "wren"})

    assert len(page.context["found"]) == 8
    assert [each.name for each in page.context["found"] if each.is_cut] == ["tools"]
    assert re.search('href="/admin/catalog/tool/\\?q=wren"', page.content.decode())


def test_its_queries_do_not_grow_with_what_it_finds() -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            found(desk, "wren")
        return len(queries)

    desk = desk_of(*VIEWS)
    fill(1)
    few = asked()
    for each in range(5):
        one, other = (ToolFactory(name=f"Wren {side} more {each}") for side in "ab")
        ReviewFactory(tool=one)
        HeadToHeadFactory(first_tool=one, second_tool=other)
        ComparisonFactory(first_tool=one, second_tool=other)

    assert asked() == few <= 14


@pytest.mark.parametrize(
    "q", ["", "  ", "nothing like it", "a" * 300, "%", "_", "\\", "'; --", "<b>", "2026-99-99", "😀"]
)
def test_whatever_is_typed_is_answered(q: str) -> None:
    fill(1)

    assert found(open_desk(), q) == {}


def test_what_is_typed_comes_back_as_text() -> None:
    page = open_desk().get("/admin/search/", {"q": '"><b>'}).content.decode()

    assert "<b>" not in page
    assert "&quot;&gt;&lt;b&gt;" in page


def test_nobody_else_searches() -> None:
    assert Client().get("/admin/search/", {"q": "wren"}).status_code == 302


def test_the_list_of_keys_leads_to_the_lists_that_one_may_see() -> None:
    page = desk_of("view_tool").get("/admin/search/").content.decode()

    assert re.findall('data-key="(.)" href="([^"]+)"', page) == [
        ("d", "/admin/"),
        ("t", "/admin/catalog/tool/"),
    ]


@pytest.mark.parametrize("relation", ["panel", "tally", "aliases", "reviews"])
def test_no_relation_without_a_field_completes_what_is_typed(relation: str) -> None:
    asked = {"app_label": "catalog", "model_name": "tool", "field_name": relation}

    assert open_desk().get("/admin/autocomplete/", asked).status_code in {403, 404}


def test_what_is_completed_holds_no_nul() -> None:
    asked = {"app_label": "catalog", "model_name": "tool", "field_name": "category", "term": "\0"}

    assert open_desk().get("/admin/autocomplete/", asked).status_code == 400
