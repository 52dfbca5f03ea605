"""Which problems the contract shows, and in which order."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.api.problems import PROBLEMS, Problem, Refusal
from backend.api.rate_limits import Limit
from backend.api.shared_answers import (
    answer_component,
    answer_name,
    exceeded,
    header_references,
    problem_example,
    shown_codes,
)

LIMIT = Limit("kettles-60s", 5, 60)


@pytest.fixture
def problems() -> Iterator[dict[str, Problem]]:
    """The table of problems, which is afterwards as it was."""
    before = dict(PROBLEMS)
    yield PROBLEMS
    PROBLEMS.clear()
    PROBLEMS.update(before)


def test_problems_are_shown_by_rank_and_then_those_that_few_answers_have(
    problems: dict[str, Problem],
) -> None:
    problems.update(
        late=Problem(404, "", 12),
        early=Problem(404, "", 3),
        quiet=Problem(404, ""),
        not_found=Problem(404, ""),
    )

    assert shown_codes("404", ["late", "not_found", "quiet", "early"]) == ["early", "late", "quiet"]


@pytest.mark.usefixtures("problems")
def test_a_refusal_declares_its_code_its_rank_and_its_headers() -> None:
    class TooHot(Refusal):
        status_code = 404
        default_code = "too_hot"
        default_detail = "The tea is too hot."
        headers = {"Retry-After": "60"}
        example_rank = 7

    component = answer_component("404", ["not_found", "too_hot"], is_counted=False, limit=LIMIT)

    assert shown_codes("404", ["not_found", "too_hot"]) == ["not_found", "too_hot"]
    assert problem_example("too_hot", LIMIT)["detail"] == TooHot.default_detail
    assert list(headers_of(component)) == ["Retry-After", "X-Request-ID"]


@pytest.mark.usefixtures("problems")
def test_of_two_refusals_with_one_code_the_first_says_what_it_means() -> None:
    class Missing(Refusal):
        status_code = 401
        default_code = "not_authenticated"
        default_detail = "Other words."

    assert Missing.default_detail != PROBLEMS["not_authenticated"].meaning


@pytest.mark.parametrize(
    ("status", "codes", "name"),
    [
        pytest.param("404", ["not_found"], "NotFound", id="what every such answer tells"),
        pytest.param("404", ["not_found", "tool_not_found"], "ToolNotFound", id="one code more"),
        pytest.param("409", ["tool_archived"], "ToolArchivedConflict", id="one code alone"),
        pytest.param("409", ["tool_archived", "blocked"], "PutVoteConflict", id="several codes"),
        pytest.param("304", [], "NotModified", id="no problem"),
    ],
)
def test_an_answer_is_named_by_what_it_tells(status: str, codes: list[str], name: str) -> None:
    assert answer_name(status, codes, owner="PutVote") == name


def test_an_example_is_no_address_of_this_installation() -> None:
    example = problem_example("not_found", LIMIT)

    assert example["type"] == "https://api.example.com/api/problems/not-found"


def test_the_example_of_a_limit_has_exceeded_it_by_one() -> None:
    state = exceeded(LIMIT)

    assert not state.is_allowed
    assert state.tightest.used == LIMIT.count + 1
    assert problem_example("throttled", LIMIT)["detail"].startswith("At most 5 requests in 60 seconds")


def test_one_header_is_written_out_and_the_others_are_referred_to() -> None:
    references = header_references("Location", "ETag")

    assert references["ETag"] == {"$ref": "#/components/headers/ETag"}
    assert "$ref" not in str(references["Location"])


def test_an_answer_names_its_codes_in_words_and_as_an_enum() -> None:
    component: Any = answer_component("404", ["not_found", "tool_not_found"], is_counted=False, limit=LIMIT)

    assert "`code` is one of: `not_found`, `tool_not_found`; more may come." in component["description"]
    problem, narrowed = component["content"]["application/problem+json"]["schema"]["allOf"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert narrowed["properties"]["code"]["enum"] == ["not_found", "tool_not_found"]
    assert narrowed["required"] == ["code"]


def test_an_answer_to_what_is_counted_says_what_is_left() -> None:
    counted, uncounted = (
        answer_component("404", ["not_found"], is_counted=is_counted, limit=LIMIT)
        for is_counted in (True, False)
    )

    assert list(headers_of(counted)) == ["RateLimit-Policy", "RateLimit", "X-Request-ID"]
    assert list(headers_of(uncounted)) == ["X-Request-ID"]


def headers_of(component: Any) -> dict[str, object]:
    headers: dict[str, object] = component["headers"]
    return headers
