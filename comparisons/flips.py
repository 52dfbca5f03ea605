"""What would turn a verdict: the smallest changes after which the rule gives another outcome or another winner."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from comparisons.evidence import PairEvidence
from comparisons.rules import (
    RULE,
    HeadToHeads,
    Inputs,
    SharedPanel,
    answer_of,
    head_to_head_favorite,
    panel_favorite,
)
from votes.tally import (
    MIN_VOTES,
    Interval,
    PickCount,
    TallyCount,
    deciding_bounds,
    excludes,
)

# More votes than this are nothing that readers bring about because they are told.
AT_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Flip:
    """One kind of change, and what the verdict would be after it.

    `review`: any one of `reviewers` says `to` (`ship` or `skip`) of `tool`. `head_to_head`: any `count` of `reviewers`, all
    of these together, say of the pair that they would ship `tool`, or, where it is None, that it makes no difference; where
    no reviewers are named, `count` who have not answered it yet. `votes`: `count` more readers vote `to` on `tool`, and
    `picks`: pick it, from enough networks and days.
    """

    kind: str
    tool: str | None
    to: str | None
    count: int
    reviewers: tuple[str, ...]
    outcome: str
    winner: str | None


def flips_of(pair: PairEvidence, *, rule: str = RULE) -> tuple[Flip, ...]:
    """The fewest first; at most AT_MOST votes or picks. It takes the present rule: of an earlier one nothing is said."""
    if rule != RULE:
        return ()
    found = [*_reviews(pair), *_head_to_heads(pair), *_votes(pair), *_picks(pair)]
    return tuple(sorted(found, key=lambda flip: flip.count))


def _flip(
    pair: PairEvidence,
    after: Inputs,
    *,
    kind: str,
    tool: str | None,
    to: str | None = None,
    count: int = 1,
    reviewers: tuple[str, ...] = (),
) -> Iterator[Flip]:
    """The change, if it turns the verdict."""
    was, is_now = answer_of(pair.inputs), answer_of(after)
    if (was.outcome, was.winner) != (is_now.outcome, is_now.winner):
        winner = None if is_now.winner is None else pair.tools[is_now.winner].slug
        yield Flip(kind, tool, to, count, reviewers, is_now.outcome, winner)


def _reviews(pair: PairEvidence) -> Iterator[Flip]:
    """Of reviewers who reviewed a tool, one who says otherwise of it, or who says something of the other tool too."""
    said: dict[tuple[str | None, str | None], list[str]] = {}
    for reviewer in pair.roster:
        before = (pair.first.reviews.get(reviewer), pair.second.reviews.get(reviewer))
        said.setdefault(before, []).append(reviewer)
    for before, reviewers in said.items():
        for side, tool in enumerate(pair.tools):
            for to in ("ship", "skip"):
                after = (to, before[1]) if side == 0 else (before[0], to)
                if after == before or None in after:
                    continue
                shared = _moved(_moved(pair.shared, before, -1), after, 1)
                yield from _flip(
                    pair,
                    replace(pair.inputs, shared=shared),
                    kind="review",
                    tool=tool.slug,
                    to=to,
                    reviewers=tuple(reviewers),
                )


def _moved(shared: SharedPanel, said: tuple[str | None, str | None], by: int) -> SharedPanel:
    """With one reviewer more, or less, of whom both cells are known."""
    if None in said:
        return shared
    first, second = (by * (cell == "ship") for cell in said)
    return replace(shared, total=shared.total + by, first=shared.first + first, second=shared.second + second)


def _head_to_heads(pair: PairEvidence) -> Iterator[Flip]:
    if panel_favorite(pair.inputs) is not None:
        return
    first, second = pair.first.slug, pair.second.slug
    said = {
        choice: [who for who, said in pair.preferences.items() if said == choice]
        for choice in (first, second, None)
    }
    for choice, other in ((first, second), (second, first)):
        yield from _answers(pair, choice, against=said[other], open_to_it=said[None])
    for choice in (first, second):
        yield from _fewest(pair, None, said[choice])


def _answers(pair: PairEvidence, choice: str, *, against: list[str], open_to_it: list[str]) -> Iterator[Flip]:
    """The fewest answers for one tool, of those who chose the other one, who see no difference, or who gave none yet.

    An answer that changes sides weighs most. Where it makes no difference whose answers they are, all are named as one.
    """
    if pair.panel_of is None:
        yield from _fewest(pair, choice, against)
        yield from _fewest(pair, choice, open_to_it)
        most = max(pair.head_to_heads.first, pair.head_to_heads.second) + pair.inputs.minimum
        yield from _fewest(pair, choice, [f"another {n}" for n in range(most)], reviewers=())
        return
    silent = [slug for slug in sorted(pair.panel_of) if slug not in pair.preferences]
    everyone = [*against, *open_to_it, *silent]
    soonest = list(_fewest(pair, choice, everyone))
    if soonest == list(_fewest(pair, choice, everyone[::-1], reviewers=everyone)):
        yield from soonest
    else:
        yield from _fewest(pair, choice, against)
        yield from _fewest(pair, choice, [*open_to_it, *silent])


def _fewest(
    pair: PairEvidence, choice: str | None, some: Sequence[str], *, reviewers: Sequence[str] | None = None
) -> Iterator[Flip]:
    """The fewest of some reviewers, in their order, whose answers turn the verdict; named are `reviewers`, or else all."""
    counts, named = pair.head_to_heads, tuple(some if reviewers is None else reviewers)
    for count, reviewer in enumerate(some, start=1):
        if reviewer in pair.preferences:
            counts = _counted(pair, counts, pair.preferences[reviewer], -1)
        counts = _counted(pair, counts, choice, 1)
        after = replace(pair.inputs, head_to_heads=counts)
        if flips := list(_flip(pair, after, kind="head_to_head", tool=choice, count=count, reviewers=named)):
            yield from flips
            return


def _counted(pair: PairEvidence, answers: HeadToHeads, choice: str | None, by: int) -> HeadToHeads:
    if choice is None:
        return replace(answers, neither=answers.neither + by)
    if choice == pair.first.slug:
        return replace(answers, first=answers.first + by)
    return replace(answers, second=answers.second + by)


def _is_left_to_readers(pair: PairEvidence) -> bool:
    return panel_favorite(pair.inputs) is None and head_to_head_favorite(pair.inputs) is None


def _votes(pair: PairEvidence) -> Iterator[Flip]:
    if not _is_left_to_readers(pair):
        return
    for side, tool in enumerate(pair.tools):
        votes, other = pair.inputs.votes[side], pair.inputs.votes[1 - side]
        if other.bounds is None or (votes.total >= MIN_VOTES and votes.bounds is None):
            continue
        for to in ("ship", "skip"):
            for count in _turns(partial(_side_of_crowd, votes, to, other.bounds)):
                voted = TallyCount.with_bounds(*_more(votes, to, count))
                after = replace(pair.inputs, votes=(voted, other) if side == 0 else (other, voted))
                if flips := list(_flip(pair, after, kind="votes", tool=tool.slug, to=to, count=count)):
                    yield from flips
                    break


def _more(votes: TallyCount, to: str, more: int) -> tuple[int, int]:
    return (votes.ship + more, votes.skip) if to == "ship" else (votes.ship, votes.skip + more)


def _side_of_crowd(votes: TallyCount, to: str, beside: Interval, more: int) -> int:
    """1 where the bounds of the votes and these further ones lie above those beside them, -1 below, 0 where they overlap or
    decide nothing."""
    ship, skip = _more(votes, to, more)
    total = ship + skip
    if total < MIN_VOTES:
        return 0
    if beside.high < ship / total and excludes(beside.high, part=ship, total=total):
        return 1
    return -int(ship / total < beside.low and excludes(beside.low, part=ship, total=total))


def _picks(pair: PairEvidence) -> Iterator[Flip]:
    picks = pair.picks
    if not _is_left_to_readers(pair) or (picks.total >= MIN_VOTES and picks.bounds is None):
        return
    for side, tool in enumerate(pair.tools):
        for count in _turns(partial(_side_of_picks, picks, side)):
            first, second = _picked(picks, side, count)
            bounds = deciding_bounds(part=first, total=first + second)
            after = replace(pair.inputs, picks=PickCount(first, second, bounds))
            if flips := list(_flip(pair, after, kind="picks", tool=tool.slug, count=count)):
                yield from flips
                break


def _picked(picks: PickCount, side: int, more: int) -> tuple[int, int]:
    return (picks.first + more, picks.second) if side == 0 else (picks.first, picks.second + more)


def _side_of_picks(picks: PickCount, side: int, more: int) -> int:
    """1 where the first is surely picked more often, -1 the second, 0 where nothing is sure."""
    first, second = _picked(picks, side, more)
    total = first + second
    if total < MIN_VOTES or not excludes(0.5, part=first, total=total):
        return 0
    return 1 if first > second else -1


def _turns(side_after: Callable[[int], int]) -> Iterator[int]:
    """The numbers of further votes at which they decide otherwise, the fewest first and none beyond AT_MOST.

    Each vote moves one way: from one tool to what decides nothing, and on to the other tool.
    """
    more, last = 0, side_after(AT_MOST)
    while (now := side_after(more)) != last:
        turned = partial(_differs, side_after, now)
        more = bisect_left(range(AT_MOST + 1), True, lo=more, key=turned)
        yield more


def _differs(side_after: Callable[[int], int], now: int, more: int) -> bool:
    return side_after(more) != now
