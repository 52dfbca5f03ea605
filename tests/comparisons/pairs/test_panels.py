"""A verdict through the eyes of some reviewers: what the parameter takes, and what it refuses."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from catalog.models import Tool
from comparisons.pairs.panels import named_panel
from reviews.models import Reviewer
from tests.factories import ReviewerFactory, ToolFactory, answer_pair, review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]

PAGE = "/api/v1/comparisons/alpha-vs-beta"
LINEUP = "/api/v1/compare?tools=alpha,beta&panel="


@pytest.fixture(autouse=True)
def pair() -> None:
    """Alpha wins by one of four reviewers, who are `panel-0` to `panel-3`."""
    review(ToolFactory(slug="alpha"), ship=4)
    review(ToolFactory(slug="beta"), ship=3, skip=1)
    ReviewerFactory(slug="silent", name="The Silent")
    ReviewerFactory(slug="veteran", is_active=False)


def verdict_of(answer: Any) -> tuple[str, str | None, list[str] | None]:
    verdict = answer["verdict"]
    return verdict["outcome"], verdict["winner"], verdict["panel_of"]


@pytest.mark.parametrize(
    ("panel", "verdict"),
    [
        ("panel-0", ("tie", None, ["panel-0"])),
        ("panel-3", ("winner", "alpha", ["panel-3"])),
        ("panel-0,panel-3", ("winner", "alpha", ["panel-0", "panel-3"])),
        ("silent", ("insufficient", None, ["silent"])),
        ("panel-3,silent", ("insufficient", None, ["panel-3", "silent"])),
        ("panel-0,panel-1,panel-3,silent", ("winner", "alpha", ["panel-0", "panel-1", "panel-3", "silent"])),
    ],
)
def test_those_who_are_named_decide_and_the_whole_panel_stands_beside(
    api: APIClient, panel: str, verdict: tuple[str, str | None, list[str] | None]
) -> None:
    page = api.get(f"{PAGE}?panel={panel}").json()
    [row] = api.get(f"{LINEUP}{panel}").json()["pairs"]

    assert verdict_of(page) == verdict_of(row) == verdict
    whole = api.get(PAGE).json()["verdict"]
    assert page["whole_panel_verdict"] == row["whole_panel_verdict"]
    assert page["whole_panel_verdict"] == {name: whole[name] for name in page["whole_panel_verdict"]}
    assert page["whole_panel_verdict"]["winner"] == "alpha"
    assert len(page["scorecard"]) == 4


@pytest.mark.parametrize("address", [f"{PAGE}?", "/api/v1/compare?tools=alpha,beta&"])
def test_who_names_everybody_gets_the_answer_of_the_whole_panel(api: APIClient, address: str) -> None:
    everybody = "panel=panel-0,panel-1,panel-2,panel-3,silent"

    assert api.get(address + everybody).content == api.get(address).content


def test_who_names_all_but_one_who_left_and_whose_reviews_still_count_asks_only_some(api: APIClient) -> None:
    Reviewer.objects.filter(slug="panel-3").update(is_active=False)

    page = api.get(f"{PAGE}?panel=panel-0,panel-1,panel-2,silent").json()

    assert verdict_of(page) == ("tie", None, ["panel-0", "panel-1", "panel-2", "silent"])
    assert page["whole_panel_verdict"]["winner"] == "alpha"


def test_without_a_panel_nothing_stands_beside(api: APIClient) -> None:
    page = api.get(PAGE).json()

    assert (page["verdict"]["panel_of"], page["whole_panel_verdict"]) == (None, None)


def test_too_few_say_who_is_missing(api: APIClient) -> None:
    reason = api.get(f"{PAGE}?panel=panel-3,silent").json()["verdict"]["reasons"][0]

    assert (reason["code"], reason["params"]["missing"]) == ("panel_too_small", ["silent"])
    assert reason["detail"].endswith("The Silent has not reviewed both.")


@pytest.mark.parametrize(
    ("panel", "summary"),
    [
        ("panel-3", "For The Third, ship "),
        (
            "panel-3,silent",
            "For The Third and The Silent, no verdict yet: it takes 2 reviewers of both tools, and there is 1.",
        ),
        ("panel-0,panel-1,panel-3", "For 3 chosen reviewers, ship "),
    ],
)
def test_a_summary_says_whose_verdict_it_is_and_by_their_number(
    api: APIClient, panel: str, summary: str
) -> None:
    Reviewer.objects.filter(slug="panel-3").update(name="The Third")

    page = api.get(f"{PAGE}?panel={panel}").json()

    assert page["verdict"]["summary"].startswith(summary)
    assert page["whole_panel_verdict"]["summary"].startswith("Ship ")


def test_in_whatever_order_they_are_named_it_is_one_answer_with_one_etag(api: APIClient) -> None:
    answers = [api.get(f"{PAGE}?panel={panel}") for panel in ("panel-3,panel-0", "panel-0,panel-3")]

    assert answers[0].content == answers[1].content
    assert answers[0]["ETag"] == answers[1]["ETag"]


@pytest.mark.parametrize("address", [f"{PAGE}?panel=", LINEUP])
@pytest.mark.parametrize(
    ("panel", "code", "detail"),
    [
        ("nobody", "invalid_choice", "No reviewer is called 'nobody'; /api/v1/reviewers lists them."),
        pytest.param("veteran", "invalid_choice", "The reviewer 'veteran' is not active.", id="inactive"),
        pytest.param("panel-0,panel-0", "repeated", "'panel-0' stands twice.", id="twice"),
        pytest.param(",".join(f"r{n}" for n in range(100)), "max_items", "At most 20 values.", id="a hundred"),
        pytest.param("The Founder", "invalid", "'The Founder' is not a valid name.", id="no slug"),
        pytest.param("", "invalid", "'' is not a valid name.", id="nothing"),
    ],
)  # fmt: skip
def test_a_panel_that_is_none_is_refused(
    api: APIClient, address: str, panel: str, code: str, detail: str
) -> None:
    answer = api.get(address + panel)

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"pointer": "/panel", "code": code, "detail": detail}]


def test_each_unknown_reviewer_is_named(api: APIClient) -> None:
    answer = api.get(f"{PAGE}?panel=nobody,panel-0,veteran").json()

    assert [error["detail"].split("'")[1] for error in answer["errors"]] == ["nobody", "veteran"]


def test_a_panel_costs_one_query_and_none_where_it_is_not_asked(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert named_panel([]) is None
    with django_assert_num_queries(1):
        panel = named_panel(["panel-0", "silent"])

    assert panel
    assert list(panel) == ["panel-0", "silent"]
    assert panel["silent"] == "The Silent"


def test_answers_to_the_pair_of_those_who_are_not_named_do_not_count(api: APIClient) -> None:
    page = api.get(f"{PAGE}?panel=panel-0").json()
    assert page["verdict"]["outcome"] == "tie"

    answer_pair(Tool.objects.get(slug="alpha"), Tool.objects.get(slug="beta"), b=3)

    assert api.get(f"{PAGE}?panel=panel-0").json()["verdict"]["outcome"] == "tie"
