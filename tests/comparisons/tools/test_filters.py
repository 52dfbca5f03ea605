"""What narrows the list of tools: each filter alone, together, and left out of its own facet."""

from dataclasses import asdict
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from comparisons.tools.filters import Facet, ToolFilters, tool_facets
from tests.factories import (
    CategoryFactory,
    ConditionFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    vote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shelf() -> None:
    """Three tools: aider ships for free, zed is split and paid for, copilot has neither reviews nor votes."""
    editors, agents = (CategoryFactory(slug=slug, name=slug.title()) for slug in ("editors", "agents"))
    aider = ToolFactory(slug="aider", name="Aider", category=agents)
    zed = ToolFactory(slug="zed", name="Zed", category=editors, pricing_entry="paid")
    ToolFactory(slug="copilot", name="Copilot", category=editors)
    skeptic, fan = ReviewerFactory(slug="skeptic"), ReviewerFactory(slug="fan")
    for reviewer, tool, verdict in ((fan, aider, "ship"), (fan, zed, "ship"), (skeptic, zed, "skip")):
        ReviewFactory(reviewer=reviewer, tool=tool, verdict=verdict)
    ReviewFactory(reviewer=skeptic, tool=aider, verdict="skip", status="retracted")
    vote(zed, ship=2, skip=1)
    offline = ConditionFactory(slug="offline", name="it must run without a network")
    cheap = ConditionFactory(slug="cheap", name="it must cost nothing")
    for tool, condition in ((aider, offline), (zed, offline), (aider, cheap)):
        ToolFitFactory(tool=tool, condition=condition)


@pytest.mark.parametrize(
    ("filters", "slugs"),
    [
        pytest.param({}, {"aider", "zed", "copilot"}, id="none"),
        pytest.param({"q": "cop"}, {"copilot"}, id="words"),
        pytest.param({"category": ["editors"]}, {"zed", "copilot"}, id="category"),
        pytest.param({"category": ["editors", "agents"]}, {"aider", "zed", "copilot"}, id="categories"),
        pytest.param({"entry": ["paid"]}, {"zed"}, id="entry price"),
        pytest.param({"call": ["mixed", "unreviewed"]}, {"zed", "copilot"}, id="the panel's call"),
        pytest.param({"shipped_by": ["fan"]}, {"aider", "zed"}, id="shipped by"),
        pytest.param({"skipped_by": ["skeptic"]}, {"zed"}, id="skipped by, retracted reviews aside"),
        pytest.param({"shipped_by": ["fan"], "skipped_by": ["skeptic"]}, {"zed"}, id="shipped and skipped"),
        pytest.param({"fits": ["cheap"]}, {"aider"}, id="a condition"),
        pytest.param({"fits": ["cheap", "offline"]}, {"aider", "zed"}, id="one of two conditions"),
        pytest.param({"min_votes": 3}, {"zed"}, id="as many votes"),
        pytest.param({"min_votes": 4}, set(), id="more votes"),
        pytest.param({"category": ["editors"], "call": ["ship"]}, set(), id="all must be met"),
    ],
)
def test_tools_pass_every_filter(filters: dict[str, Any], slugs: set[str]) -> None:
    asked = ToolFilters(**filters)

    assert {row.tool.slug for row in asked.documents()} == slugs


@pytest.mark.parametrize(
    ("but", "slugs"),
    [([], set()), (["category"], {"aider"}), (["entry"], set()), (["call"], {"copilot"})],
    ids=str,
)
def test_a_filter_can_be_left_out(but: list[str], slugs: set[str]) -> None:
    filters = ToolFilters(category=["editors"], entry=["free"], call=["ship"])

    assert {row.tool.slug for row in filters.documents(but=but)} == slugs


def test_facets_count_every_value_most_first_in_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        facets = tool_facets(ToolFilters())

    assert facets == {
        "category": [
            Facet("editors", "Editors", 2),
            Facet("agents", "Agents", 1),
        ],
        "entry": [
            Facet("free", "Free", 2),
            Facet("paid", "Paid", 1),
            Facet("freemium", "Freemium", 0),
        ],
        "call": [
            Facet("mixed", "Mixed", 1),
            Facet("ship", "Ship", 1),
            Facet("unreviewed", "Unreviewed", 1),
            Facet("skip", "Skip", 0),
        ],
        "fits": [
            Facet("offline", "it must run without a network", 2),
            Facet("cheap", "it must cost nothing", 1),
        ],
    }


def test_where_nothing_is_found_every_value_gives_nothing() -> None:
    facets = tool_facets(ToolFilters(min_votes=100))

    assert {name: len(values) for name, values in facets.items()} == {
        "category": 2,
        "entry": 3,
        "call": 4,
        "fits": 0,
    }
    assert {facet.count for values in facets.values() for facet in values} == {0}


def test_no_filter_is_set_unless_told() -> None:
    assert not any(asdict(ToolFilters()).values())


def test_a_facet_of_conditions_leaves_out_its_own_filter() -> None:
    facets = tool_facets(ToolFilters(fits=["cheap"]))

    assert [(facet.value, facet.count) for facet in facets["fits"]] == [("offline", 2), ("cheap", 1)]
    assert [(facet.value, facet.count) for facet in facets["category"]] == [("agents", 1), ("editors", 0)]
