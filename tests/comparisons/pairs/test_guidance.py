"""Which conditions decide between the two tools of a pair."""

from datetime import UTC, date, datetime

import pytest

from catalog.fits import ConditionReference, ShownFit
from comparisons.pairs.guidance import Fits, guide

NOW = datetime(2026, 10, 21, tzinfo=UTC)


def fits(*slugs: str) -> list[ShownFit]:
    return [
        ShownFit(ConditionReference(slug, slug), "", ("https://a.example",), date(2026, 10, 20), NOW)
        for slug in slugs
    ]


@pytest.mark.parametrize(
    ("own", "of_pair", "shown"),
    [
        pytest.param(((), ()), ((), ()), ((), ()), id="nothing is known"),
        pytest.param((("b", "a"), ("c",)), ((), ()), (("b", "a"), ("c",)), id="each tool's own, in their order"),
        pytest.param((("a", "b"), ("b",)), ((), ()), (("a",), ()), id="what both fit decides nothing"),
        pytest.param((("a", "b"), ("c",)), (("d",), ()), (("d",), ("c",)), id="the pair's in place of the tool's own"),
        pytest.param((("a",), ("b", "c")), (("c",), ()), (("c",), ("b",)), id="what the pair says of one alone"),
        pytest.param((("a", "b"), ("b", "c")), (("d",), ()), (("d",), ("c",)), id="what both fit beside an override"),
        pytest.param((("a", "b"), ("b", "c")), ((), ("d",)), (("a",), ("d",)), id="the same of the other"),
    ],
)  # fmt: skip
def test_a_tool_is_chosen_for_what_speaks_for_it_alone(
    own: tuple[tuple[str, ...], tuple[str, ...]],
    of_pair: tuple[tuple[str, ...], tuple[str, ...]],
    shown: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    first, second = (Fits(slug, fits(*own[n]), fits(*of_pair[n])) for n, slug in enumerate(("aider", "zed")))

    guidance = guide(first, second)

    assert [side.tool for side in guidance] == ["aider", "zed"]
    assert tuple(tuple(fit.condition.slug for fit in side.when) for side in guidance) == shown
    assert guide(second, first) == guidance[::-1]
