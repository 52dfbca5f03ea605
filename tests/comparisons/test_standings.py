"""Several tools in an order, and the cycles that no order is true to."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.standings import Standing, cycles, standings


def beats(slugs: str, *victories: str) -> dict[tuple[str, str], str | None]:
    """`ab` is a victory of a over b; every pair that is not named is a tie."""
    return {
        pair: next((victory[0] for victory in victories if set(victory) == set(pair)), None)
        for pair in combinations(slugs, 2)
    }


@pytest.mark.parametrize(
    ("slugs", "victories", "expected"),
    [
        pytest.param("ab", ["ba"], [(1, "b", 1, 0, 0), (2, "a", 0, 1, 0)], id="one pair"),
        pytest.param("ab", [], [(1, "a", 0, 0, 1), (1, "b", 0, 0, 1)], id="a tie is a shared place"),
        pytest.param(
            "abc",
            ["ba", "ca", "cb"],
            [(1, "c", 2, 0, 0), (2, "b", 1, 1, 0), (3, "a", 0, 2, 0)],
            id="a plain order",
        ),
        pytest.param(
            "abc",
            ["ab", "ac"],
            [(1, "a", 2, 0, 0), (2, "b", 0, 1, 1), (2, "c", 0, 1, 1)],
            id="a shared second place",
        ),
        pytest.param(
            "abc",
            ["ac", "bc"],
            [(1, "a", 1, 0, 1), (1, "b", 1, 0, 1), (3, "c", 0, 2, 0)],
            id="third after two firsts",
        ),
        pytest.param(
            "abc",
            ["ab", "bc", "ca"],
            [(1, "a", 1, 1, 0), (1, "b", 1, 1, 0), (1, "c", 1, 1, 0)],
            id="a cycle: equal records",
        ),
        pytest.param(
            "abc",
            ["ac"],
            [(1, "a", 1, 0, 1), (2, "b", 0, 0, 2), (3, "c", 0, 1, 1)],
            id="a tie stands between",
        ),
        pytest.param(
            "cab", ["bc"], [(1, "b", 1, 0, 1), (2, "a", 0, 0, 2), (3, "c", 0, 1, 1)], id="slugs in any order"
        ),
    ],
)
def test_standings_count_pairs_won_less_pairs_lost(
    slugs: str, victories: list[str], expected: list[tuple[int, str, int, int, int]]
) -> None:
    table = standings(slugs=list(slugs), winners=beats(slugs, *victories))

    assert table == [Standing(*row) for row in expected]


def test_tools_without_any_verdict_stand_below_one_that_lost_more_than_it_won() -> None:
    table = standings(slugs=list("abcd"), winners=beats("abcd", "bc", "dc"), unjudged={"a"})

    assert [(row.rank, row.slug) for row in table] == [(1, "b"), (1, "d"), (3, "c"), (4, "a")]


@pytest.mark.parametrize(
    ("slugs", "victories", "expected"),
    [
        pytest.param("ab", ["ab"], [], id="a pair has none"),
        pytest.param("abc", ["ab", "bc", "ac"], [], id="a plain order has none"),
        pytest.param("abc", ["ab", "bc"], [], id="a tie does not close a round"),
        pytest.param("abc", ["ab", "bc", "ca"], [["a", "b", "c"]], id="three round and round"),
        pytest.param("abc", ["ba", "cb", "ac"], [["a", "b", "c"]], id="three the other way round"),
        pytest.param(
            "abcd", ["ab", "bc", "ca", "da", "db", "dc"], [["a", "b", "c"]], id="the one above is outside"
        ),
        pytest.param("abcd", ["ab", "bc", "cd", "da"], [["a", "b", "c", "d"]], id="four round and round"),
        pytest.param(
            "abcde",
            ["ab", "bc", "ca", "cd", "de", "ec"],
            [["a", "b", "c", "d", "e"]],
            id="two that share one",
        ),
        pytest.param(
            "abcdef", ["fa", "ad", "df", "be", "ec", "cb"], [["a", "d", "f"], ["b", "c", "e"]], id="two apart"
        ),
    ],
)
def test_cycles_are_groups_that_beat_each_other_round_and_round(
    slugs: str, victories: list[str], expected: list[list[str]]
) -> None:
    assert cycles(slugs=list(slugs), winners=beats(slugs, *victories)) == expected


@given(st.data(), st.integers(2, 5))
def test_whoever_wins_each_tool_has_one_place_and_the_better_record_the_better(
    data: st.DataObject, size: int
) -> None:
    slugs = list("abcde"[:size])
    winners = {pair: data.draw(st.sampled_from([*pair, None])) for pair in combinations(slugs, 2)}

    table = standings(slugs=slugs, winners=winners)

    assert sorted(row.slug for row in table) == slugs
    assert sum(row.wins for row in table) == sum(row.losses for row in table)
    assert {row.wins + row.losses + row.ties for row in table} == {size - 1}
    records = [row.wins - row.losses for row in table]
    assert records == sorted(records, reverse=True)
    assert [row.rank for row in table] == [1 + sum(other > record for other in records) for record in records]
