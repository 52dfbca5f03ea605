"""How picks look in an answer."""

from typing import Any

import pytest

from comparisons.pairs.serializers import (
    CastPickSerializer,
    PickCountSerializer,
    PickTallySerializer,
    pick_tally_answer,
)
from tests.factories import NOW
from votes.rules import RULESET
from votes.tally import PickCount, PublishedCounts, deciding_bounds


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (0, 0, {"total": 0, "shares": [None, None], "status": "none"}),
        (1, 0, {"total": 1, "shares": [100, 0], "status": "few"}),
        (1, 2, {"total": 3, "shares": [33, 67], "status": "few"}),
        (5, 3, {"total": 8, "shares": [63, 37], "status": "few"}),
        (3, 5, {"total": 8, "shares": [37, 63], "status": "few"}),
        (10, 10, {"total": 20, "shares": [50, 50], "status": "enough"}),
    ],
)
def test_picks_are_shown_as_shares_in_the_order_of_the_tools(
    first: int, second: int, shown: dict[str, Any]
) -> None:
    assert PickCountSerializer(PickCount(first=first, second=second)).data == shown


def test_a_tally_is_answered_as_the_contract_describes_it() -> None:
    published = PublishedCounts(first=0, second=20, pending=1, quarantined=2, as_of=NOW)

    answer = pick_tally_answer(PickCount(20, 0, deciding_bounds(part=20, total=20)), published)

    assert answer.keys() == PickTallySerializer().fields.keys()
    assert answer == {
        "total": 20,
        "counts": [20, 0],
        "shares": [100, 0],
        "status": "enough",
        "decides": True,
        "is_decided": True,
        "flip_margin": 1,
        "pending": 1,
        "quarantined": 2,
        "ruleset": RULESET,
        "as_of": "2026-11-02T09:30:00Z",
    }


def test_a_pair_that_was_never_published_has_no_time() -> None:
    assert pick_tally_answer(PickCount(), PublishedCounts())["as_of"] is None


def test_a_pick_names_its_tool() -> None:
    assert CastPickSerializer.validate_json({"tool": "aider"}) == {"tool": "aider"}
