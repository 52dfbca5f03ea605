"""Several tools in an order, from who wins each pair of them; and the cycles that no order is true to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Standing:
    """A place among several tools: one more than the number of tools with a better record; equal records share it."""

    rank: int
    slug: str
    wins: int
    losses: int
    ties: int


def standings(
    *, slugs: Sequence[str], winners: Mapping[tuple[str, str], str | None], unjudged: Collection[str] = ()
) -> list[Standing]:
    """Tools ordered by pairs won less pairs lost (Copeland's method), then by slug; those without any verdict last.

    `winners` maps each pair, in the order of `slugs`, to the winner's slug, or to None where nobody won. Of the `unjudged`
    no pair has an outcome but insufficient.
    """
    wins = dict.fromkeys(slugs, 0)
    losses = dict(wins)
    for pair in combinations(slugs, 2):
        if winner := winners[pair]:
            wins[winner] += 1
            losses[pair[0] if winner == pair[1] else pair[1]] += 1
    scores = {slug: (slug not in unjudged, wins[slug] - losses[slug]) for slug in slugs}
    return [
        Standing(
            rank=1 + sum(score > scores[slug] for score in scores.values()),
            slug=slug,
            wins=wins[slug],
            losses=losses[slug],
            ties=len(slugs) - 1 - wins[slug] - losses[slug],
        )
        for slug in sorted(sorted(slugs), key=scores.__getitem__, reverse=True)
    ]


def cycles(*, slugs: Sequence[str], winners: Mapping[tuple[str, str], str | None]) -> list[list[str]]:
    """Groups of tools in which each beats another round and round, so that no order is true to every pair."""
    reach = {slug: {slug} for slug in slugs}
    for pair, winner in winners.items():
        if winner:
            reach[winner].add(pair[0] if winner == pair[1] else pair[1])
    for via in slugs:
        for start in slugs:
            if via in reach[start]:
                reach[start] |= reach[via]
    groups = {frozenset(b for b in slugs if b in reach[a] and a in reach[b]) for a in slugs}
    return sorted(sorted(group) for group in groups if len(group) > 1)
