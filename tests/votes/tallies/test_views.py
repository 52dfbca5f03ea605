"""Tallies as readers see them: as they are, and day by day."""

from datetime import UTC, date, datetime

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tests.factories import NOW, ToolFactory, published_counts, vote
from votes.models import PublishedTally, Tally
from votes.tallies.day_lines import close_day

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


def test_a_tally_counts_and_says_what_is_held_back(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tool = ToolFactory(slug="alpha")
    vote(tool, ship=6, skip=4)
    vote(tool, ship=12, status="pending")
    vote(tool, skip=9, status="quarantined")
    close_day(day=date(2026, 11, 1), now=NOW)

    # The tool with its tally: votes are never scanned.
    with django_assert_num_queries(1):
        answer = api.get("/api/v1/tools/alpha/tally").json()

    assert answer.pop("interval") == {
        "low": pytest.approx(0.312674, abs=1e-6),
        "high": pytest.approx(0.831820, abs=1e-6),
    }
    assert answer == {
        "ship": 6,
        "skip": 4,
        "total": 10,
        "percent": 60,
        "status": "few",
        "decides": False,
        "call": "undecided",
        "flip_margin": None,
        "pending": 10,
        "quarantined": 0,
        "ruleset": "2026-12",
        "as_of": "2026-11-02T09:30:00Z",
    }


def test_no_votes_are_null_and_not_zero(api: APIClient) -> None:
    ToolFactory(slug="alpha")

    answer = api.get("/api/v1/tools/alpha/tally").json()

    assert (answer["percent"], answer["interval"], answer["status"]) == (None, None, "none")
    assert (answer["call"], answer["flip_margin"]) == (None, None)


def test_a_draft_has_no_tally(api: APIClient) -> None:
    ToolFactory(slug="alpha", status="draft", published_at=None)

    assert api.get("/api/v1/tools/alpha/tally").json()["code"] == "tool_not_found"


def test_a_timeline_shows_closed_days_the_latest_first(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tool = ToolFactory(slug="alpha")
    vote(tool, ship=1, at=datetime(2026, 11, 1, tzinfo=UTC))
    close_day(day=date(2026, 11, 1), now=NOW)
    vote(tool, ship=2, skip=1)
    close_day(day=date(2026, 11, 2), now=NOW)

    # The tool, and its days.
    with django_assert_num_queries(2):
        answer = api.get("/api/v1/tools/alpha/tally/timeline").json()

    assert [(line["day_on"], line["ship"], line["percent"]) for line in answer["results"]] == [
        ("2026-11-02", 3, 75),
        ("2026-11-01", 1, 100),
    ]
    assert answer["results"][0].keys() == {
        "day_on", "ship", "skip", "total", "percent", "interval", "status",
        "pending", "quarantined", "rejected", "ruleset", "subject", "digest",
    }  # fmt: skip


def test_closed_days_are_listed_and_each_has_all_digests(api: APIClient) -> None:
    tool = ToolFactory(slug="alpha")
    vote(tool, ship=1, at=datetime(2026, 11, 1, tzinfo=UTC))
    for day in (1, 2):
        close_day(day=date(2026, 11, day), now=NOW)

    listed = api.get("/api/v1/tallies/days").json()["results"]
    first, second = (api.get(f"/api/v1/tallies/days/2026-11-0{day}").json() for day in (1, 2))

    assert [(day["day_on"], day["line_count"]) for day in listed] == [("2026-11-02", 1), ("2026-11-01", 1)]
    assert (first["previous_root"], second["previous_root"]) == ("", first["root"])
    lines = api.get("/api/v1/tools/alpha/tally/timeline").json()["results"]
    assert [second["digests"], first["digests"]] == [[line["digest"]] for line in lines]


@pytest.mark.parametrize("day_on", ["2026-11-03", "today", "2026-13-01"])
def test_a_day_that_is_not_closed_is_not_found(api: APIClient, day_on: str) -> None:
    answer = api.get(f"/api/v1/tallies/days/{day_on}")

    assert (answer.status_code, answer.json()["code"]) == (404, "closed_day_not_found")


# What a column of a tally holds at most.
MOST = 2**31 - 1


def test_tallies_of_as_many_votes_as_a_column_holds_read_like_any_others(api: APIClient) -> None:
    tools = [ToolFactory(slug=slug) for slug in ("alpha", "beta")]
    for tool, (ship, skip) in zip(tools, [(MOST, 0), (1, MOST - 1)], strict=True):
        Tally.objects.filter(tool=tool).update(ship=ship, skip=skip)
        PublishedTally.objects.filter(tool=tool).update(**published_counts(ship, skip))
    close_day(day=date(2026, 11, 1), now=NOW)

    answers = {path: api.get(f"/api/v1{path}") for path in PATHS}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(PATHS, 200)
    told = answers["/tools/alpha/tally"].json()
    assert (told["ship"], told["total"], told["percent"], told["call"]) == (MOST, MOST, 100, "ship")
    assert answers["/comparisons/alpha-vs-beta"].json()["verdict"]["winner"] == "alpha"
    assert [row["tool"]["slug"] for row in answers["/rankings?by=crowd"].json()["results"]] == [
        "alpha",
        "beta",
    ]


PATHS = [
    "/tools/alpha/tally",
    "/tools/beta/tally",
    "/tools/alpha/tally/timeline",
    "/tools?sort=-community",
    "/tools/alpha",
    "/compare?tools=alpha,beta",
    "/comparisons/alpha-vs-beta",
    "/rankings?by=crowd",
]
