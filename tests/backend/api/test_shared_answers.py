"""Which problems the contract shows, and in which order."""

from collections.abc import Iterator

import pytest

from backend.api.problems import PROBLEMS, Problem, Refusal
from backend.api.rate_limits import Limit
from backend.api.shared_answers import (
    ANSWERS,
    answer_component,
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


def test_problems_are_shown_by_rank_and_not_without_one(problems: dict[str, Problem]) -> None:
    problems.update(
        late=Problem(418, "", 12),
        early=Problem(418, "", 3),
        quiet=Problem(418, ""),
        other=Problem(419, "", 1),
    )

    assert shown_codes(418) == ["early", "late"]


@pytest.mark.usefixtures("problems")
def test_a_refusal_declares_its_code_and_its_rank() -> None:
    class TooHot(Refusal):
        status_code = 418
        default_code = "too_hot"
        default_detail = "The tea is too hot."
        example_rank = 7

    assert shown_codes(418) == ["too_hot"]
    assert problem_example("too_hot", LIMIT)["detail"] == TooHot.default_detail


@pytest.mark.usefixtures("problems")
def test_of_two_refusals_with_one_code_the_first_says_what_it_means() -> None:
    class Missing(Refusal):
        status_code = 401
        default_code = "not_authenticated"
        default_detail = "Other words."

    assert Missing.default_detail != PROBLEMS["not_authenticated"].meaning
    assert shown_codes(401)[0] == "not_authenticated"


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


def test_a_shared_answer_names_every_code_of_its_status() -> None:
    component = answer_component("404", ANSWERS["404"], LIMIT)

    codes = [code for code, kind in PROBLEMS.items() if kind.status == 404]
    assert "not_found" in codes
    assert all(f"`{code}`" in str(component["description"]) for code in codes)
