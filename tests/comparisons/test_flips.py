"""What would turn a verdict: each change is made to a copy, and it takes no fewer."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings

from comparisons.evidence import Evidence, PairEvidence
from comparisons.flips import AT_MOST, Flip, flips_of
from comparisons.rules import answer_of
from comparisons.verdict import Verdict, decide
from reviews.panel import PanelCount
from tests.comparisons.evidence import ROSTER, any_pair, pair, picked
from votes.tally import TallyCount


def changed(found: PairEvidence, flip: Flip, *, count: int, reviewer: str | None = None) -> PairEvidence:
    """A copy to which the change was made, by this reviewer where it names any."""
    first, second = found.tools
    picks, preferences = found.picks, dict(found.preferences)
    sides = [first, second]
    side = 0 if flip.tool == first.slug else 1
    match flip.kind:
        case "review":
            sides[side] = with_review(sides[side], str(reviewer), str(flip.to))
        case "head_to_head" if reviewer:
            preferences[reviewer] = flip.tool
        case "head_to_head":
            preferences |= {f"other-{n}": flip.tool for n in range(count)}
        case "votes":
            votes = sides[side].community
            more = (votes.ship + count, votes.skip) if flip.to == "ship" else (votes.ship, votes.skip + count)
            sides[side] = replace(sides[side], community=TallyCount.with_bounds(*more))
        case "picks":
            more = (picks.first + count, picks.second) if side == 0 else (picks.first, picks.second + count)
            picks = picked(*more)
    return PairEvidence.of_reviews(
        *sides, roster=ROSTER, preferences=preferences, picks=picks, panel_of=found.panel_of
    )


def with_review(tool: Evidence, reviewer: str, verdict: str) -> Evidence:
    reviews = {**tool.reviews, reviewer: verdict}
    ships = sum(said == "ship" for said in reviews.values())
    return replace(tool, reviews=reviews, panel=PanelCount(ships, len(reviews) - ships))


def answered(found: PairEvidence, flip: Flip, reviewers: tuple[str, ...]) -> PairEvidence:
    """The pair after these of those who were asked by name have all answered it as the flip says."""
    return PairEvidence.of_reviews(
        *found.tools,
        roster=ROSTER,
        preferences={**found.preferences, **dict.fromkeys(reviewers, flip.tool)},
        picks=found.picks,
        panel_of=found.panel_of,
    )


def makers(flip: Flip) -> Iterator[str | None]:
    """Each who could make it alone."""
    yield from flip.reviewers if flip.count == 1 and flip.reviewers else [None]


def end_of(verdict: Verdict) -> tuple[str, str | None]:
    return verdict.outcome, verdict.winner


def end_for(found: PairEvidence) -> tuple[str, str | None]:
    """The same, without what else a verdict says: of thousands of copies, that would take most of the time."""
    answer = answer_of(found.inputs)
    return answer.outcome, None if answer.winner is None else found.tools[answer.winner].slug


@settings(max_examples=200)
@given(any_pair)
def test_each_flip_turns_the_verdict_to_what_it_says_and_one_less_does_not(found: PairEvidence) -> None:
    before = decide(found)
    end = end_of(before)
    assert end == end_for(found)

    for flip in before.flip:
        if flip.kind == "head_to_head" and flip.reviewers and flip.count > 1:
            for some in combinations(flip.reviewers, flip.count):
                assert end_for(answered(found, flip, some)) == (flip.outcome, flip.winner)
                assert end_for(answered(found, flip, some[1:])) == end
            assert (flip.outcome, flip.winner) != end
            continue
        for reviewer in makers(flip):
            after = changed(found, flip, count=flip.count, reviewer=reviewer)
            assert end_of(decide(after)) == (flip.outcome, flip.winner) != end
        if flip.count > 1:
            assert end_for(changed(found, flip, count=flip.count - 1)) == end


@given(any_pair)
def test_the_smallest_come_first_and_none_is_told_twice(found: PairEvidence) -> None:
    flips = flips_of(found)

    assert [flip.count for flip in flips] == sorted(flip.count for flip in flips)
    told = [(flip.kind, flip.tool, flip.to, flip.reviewers) for flip in flips]
    assert len(told) == len(set(told))
    assert all(1 <= flip.count <= AT_MOST for flip in flips)


@settings(max_examples=200)
@given(any_pair)
def test_no_fewer_answers_to_the_pair_turn_it_than_are_told_whoever_gives_them(found: PairEvidence) -> None:
    others = found.panel_of or [f"other-{n}" for n in range(6)]
    people = sorted({*found.preferences, *others})
    before = end_of(decide(found))
    assert before == end_for(found)
    told: dict[str | None, list[int]] = {"alpha": [], "beta": [], None: []}
    for flip in flips_of(found):
        told[flip.tool] += [flip.count] * (flip.kind == "head_to_head")

    for tool, counts in told.items():
        flip = Flip("head_to_head", tool, None, 1, (), "", None)
        for count in range(min([*counts, 4])):
            for some in combinations(people, count):
                assert end_for(answered(found, flip, some)) == before


@given(any_pair)
def test_no_reviewer_who_would_turn_it_alone_is_left_out(found: PairEvidence) -> None:
    before = end_of(decide(found))
    assert before == end_for(found)
    told = {
        (flip.tool, flip.to, reviewer)
        for flip in flips_of(found)
        if flip.kind == "review"
        for reviewer in flip.reviewers
    }

    for reviewer in found.roster:
        for side, tool in enumerate(found.tools):
            beside = found.tools[1 - side].reviews.get(reviewer)
            for to in ("ship", "skip"):
                flip = Flip("review", tool.slug, to, 1, (reviewer,), "", None)
                turns = end_for(changed(found, flip, count=1, reviewer=reviewer)) != before
                assert ((tool.slug, to, reviewer) in told) == (turns and beside is not None)


@pytest.mark.parametrize(
    ("found", "flip"),
    [
        pytest.param(
            pair("++++", "+++-"),
            Flip("review", "beta", "ship", 1, ("futurist",), "tie", None),
            id="a narrow panel: one word, and whose",
        ),
        pytest.param(
            pair("++++", "++++"),
            Flip("head_to_head", "alpha", None, 3, (), "winner", "alpha"),
            id="a tie: three who choose",
        ),
        pytest.param(
            pair("++++", "++++", "aa"),
            Flip("head_to_head", "alpha", None, 1, (), "winner", "alpha"),
            id="one more who chooses",
        ),
        pytest.param(
            pair("++++", "++++", "aaa=b"),
            Flip("head_to_head", None, None, 1, ("builder", "skeptic", "founder"), "tie", None),
            id="one of those who chose, who comes to see no difference",
        ),
        pytest.param(
            pair("++++", "++++"),
            Flip("picks", "beta", None, 20, (), "winner", "beta"),
            id="a tie: twenty picks",
        ),
        pytest.param(
            pair("++++", "++++", votes=((15, 2), (2, 18))),
            Flip("votes", "alpha", "ship", 3, (), "winner", "alpha"),
            id="a crowd that is nearly enough",
        ),
        pytest.param(
            pair("+++", "++", votes=((20, 0), (0, 20))),
            Flip("votes", "beta", "ship", 17, (), "insufficient", None),
            id="a crowd that would be unsure",
        ),
        pytest.param(
            pair("++ ", "+++", panel_of={"skeptic": "S", "founder": "F"}),
            Flip("review", "alpha", "ship", 1, ("founder",), "tie", None),
            id="who is missing of a panel by name",
        ),
        pytest.param(
            pair("+++", "+++", panel_of={"skeptic": "S", "founder": "F", "builder": "B", "futurist": "U"}),
            Flip(
                "head_to_head",
                "beta",
                None,
                3,
                ("builder", "founder", "futurist", "skeptic"),
                "winner",
                "beta",
            ),
            id="any three of a panel by name, together",
        ),
        pytest.param(
            pair("+++", "+++", "=", panel_of={"builder": "B", "founder": "F", "skeptic": "S"}),
            Flip("head_to_head", "beta", None, 3, ("builder", "founder", "skeptic"), "winner", "beta"),
            id="one of a panel by name who saw no difference, with two who have not answered",
        ),
        pytest.param(
            pair("+++", "+++", "a", panel_of={"builder": "B", "founder": "F", "skeptic": "S"}),
            Flip("head_to_head", "beta", None, 3, ("builder", "founder", "skeptic"), "winner", "beta"),
            id="one of a panel by name who chose the other, with two who have not answered",
        ),
        pytest.param(
            pair("++++", "++++", "aaaab"),
            Flip(
                "head_to_head",
                "beta",
                None,
                2,
                ("builder", "skeptic", "founder", "futurist"),
                "winner",
                "beta",
            ),
            id="any two of those who chose, who change sides",
        ),
        pytest.param(
            pair("++++", "++++", "===="),
            Flip(
                "head_to_head",
                "beta",
                None,
                3,
                ("builder", "skeptic", "founder", "futurist"),
                "winner",
                "beta",
            ),
            id="any three of those who saw no difference",
        ),
    ],
)
def test_a_flip_by_name(found: PairEvidence, flip: Flip) -> None:
    assert flip in flips_of(found)


def test_what_a_panel_decided_no_reader_turns() -> None:
    kinds = {flip.kind for flip in flips_of(pair("++++", "----", votes=((1, 20), (20, 1)), picks=(0, 19)))}

    assert kinds == set()


def test_of_an_earlier_rule_nothing_is_said() -> None:
    assert flips_of(pair("++++", "+++-"), rule="2026-11") == ()


def test_votes_turn_a_verdict_though_picks_keep_its_winner_while_the_crowd_is_unsure() -> None:
    found = pair("++++", "++++", votes=((506, 44), (240, 180)), picks=(80, 20))

    flips = [
        flip for flip in flips_of(found) if (flip.kind, flip.tool, flip.to) == ("votes", "alpha", "skip")
    ]

    assert decide(found).winner == "alpha"
    (flip,) = flips
    assert flip.winner == "beta"
    assert end_of(decide(changed(found, flip, count=flip.count - 1))) == ("winner", "alpha")
    assert end_of(decide(changed(found, flip, count=flip.count))) == ("winner", "beta")
