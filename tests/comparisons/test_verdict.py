"""The verdict rule row by row and edge by edge, and what must hold of it for any evidence at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.verdict import (
    Evidence,
    Reason,
    SharedPanel,
    Standing,
    Verdict,
    agreement,
    cheaper_to_start,
    crowd_favorite,
    cycles,
    decide,
    preference,
    price_note,
    standings,
)
from reviews.panel import PanelCount
from votes.tally import Interval, TallyCount

ROSTER = ("builder", "skeptic", "founder", "futurist")
NOBODY = (0, 0)
LEVEL = ((3, 1), (3, 1))

Counts = tuple[int, int]


def evidence(
    slug: str,
    *,
    panel: Counts = (4, 0),
    votes: Counts = NOBODY,
    entry: str = "free",
    reviews: Mapping[str, str] | None = None,
) -> Evidence:
    return Evidence(
        slug=slug,
        name=slug.title(),
        panel=PanelCount(*panel),
        community=TallyCount.with_bounds(*votes),
        entry=entry,
        reviews=reviews or {},
    )


def decide_between(panels: tuple[Counts, Counts], votes: tuple[Counts, Counts] = (NOBODY, NOBODY)) -> Verdict:
    return decide(
        first=evidence("alpha", panel=panels[0], votes=votes[0]),
        second=evidence("beta", panel=panels[1], votes=votes[1]),
        roster=ROSTER,
    )


def judgement(verdict: Verdict) -> tuple[str, str | None, str | None, str | None, int]:
    return verdict.outcome, verdict.winner, verdict.decided_by, verdict.strength, verdict.margin


def in_words(verdict: Verdict) -> list[Reason]:
    """The reasons without the data of their sentences."""
    return [replace(reason, params={}) for reason in verdict.reasons]


INSUFFICIENT = ("insufficient", None, None, None, 0)
TIE = ("tie", None, None, None, 0)


@pytest.mark.parametrize(
    ("panels", "votes", "expected"),
    [
        # 1. A panel that is too small decides nothing, whatever else is known.
        pytest.param(((0, 0), (0, 0)), (NOBODY, NOBODY), INSUFFICIENT, id="nobody reviewed either"),
        pytest.param(((2, 0), (0, 4)), (NOBODY, NOBODY), INSUFFICIENT, id="two reviews of the first"),
        pytest.param(((4, 0), (0, 2)), (NOBODY, NOBODY), INSUFFICIENT, id="two reviews of the second"),
        pytest.param(
            ((2, 0), (2, 0)), ((90, 0), (0, 90)), INSUFFICIENT, id="a sure crowd can't make up for it"
        ),
        # 2. Panels that differ decide, and the crowd is not asked.
        pytest.param(
            ((3, 0), (0, 3)),
            (NOBODY, NOBODY),
            ("winner", "alpha", "panel", "unanimous", 100),
            id="three reviews are enough",
        ),
        pytest.param(
            ((0, 4), (4, 0)),
            (NOBODY, NOBODY),
            ("winner", "beta", "panel", "unanimous", 100),
            id="0 v 100 is unanimous",
        ),
        pytest.param(
            ((4, 0), (1, 99)),
            (NOBODY, NOBODY),
            ("winner", "alpha", "panel", "clear", 99),
            id="100 v 1 is not",
        ),
        pytest.param(
            ((99, 1), (0, 4)), (NOBODY, NOBODY), ("winner", "alpha", "panel", "clear", 99), id="99 v 0 is not"
        ),
        pytest.param(
            ((4, 0), (2, 2)),
            (NOBODY, NOBODY),
            ("winner", "alpha", "panel", "clear", 50),
            id="50 points are clear",
        ),
        pytest.param(
            ((4, 0), (51, 49)),
            (NOBODY, NOBODY),
            ("winner", "alpha", "panel", "narrow", 49),
            id="49 points are narrow",
        ),
        pytest.param(
            ((50, 50), (51, 49)),
            (NOBODY, NOBODY),
            ("winner", "beta", "panel", "narrow", 1),
            id="1 point decides",
        ),
        pytest.param(
            ((2, 1), (67, 33)), (NOBODY, NOBODY), TIE, id="two thirds and 67 are the same published number"
        ),
        pytest.param(
            ((3, 1), (4, 0)),
            ((90, 0), (0, 90)),
            ("winner", "beta", "panel", "narrow", 25),
            id="a sure crowd does not outvote the panel",
        ),
        # 3. Level panels leave it to a crowd that is large and sure enough.
        pytest.param(
            LEVEL,
            ((20, 0), (0, 20)),
            ("winner", "alpha", "community", "clear", 100),
            id="20 votes each are enough",
        ),
        pytest.param(LEVEL, ((19, 0), (0, 20)), TIE, id="19 votes on the first are not"),
        pytest.param(LEVEL, ((20, 0), (0, 19)), TIE, id="19 votes on the second are not"),
        pytest.param(LEVEL, ((9, 11), (16, 4)), TIE, id="intervals overlap"),
        pytest.param(
            LEVEL,
            ((3, 17), (18, 2)),
            ("winner", "beta", "community", "narrow", 75),
            id="7 points between the bounds are narrow",
        ),
        pytest.param(
            LEVEL,
            ((20, 0), (3, 17)),
            ("winner", "alpha", "community", "clear", 85),
            id="22 points between the bounds are clear",
        ),
        pytest.param(
            LEVEL,
            ((19, 1), (2, 18)),
            ("winner", "alpha", "community", "narrow", 85),
            id="just under 20 points are narrow",
        ),
        pytest.param(
            ((3, 0), (6, 0)),
            ((20, 0), (0, 20)),
            ("winner", "alpha", "community", "clear", 100),
            id="panels of different size can be level",
        ),
        pytest.param(
            LEVEL, ((15, 5), (4, 16)), TIE, id="Wilson intervals are apart, which is not enough at every look"
        ),
        # 4. Otherwise nobody wins.
        pytest.param(((4, 0), (4, 0)), (NOBODY, NOBODY), TIE, id="100 v 100"),
        pytest.param(((0, 4), (0, 3)), (NOBODY, NOBODY), TIE, id="0 v 0"),
        pytest.param(LEVEL, (NOBODY, (500, 0)), TIE, id="only one tool has votes"),
        # A crowd of a hundred thousand can be sure of less than a point.
        pytest.param(
            ((4, 0), (4, 0)),
            ((504_000, 496_000), (495_500, 504_500)),
            ("winner", "alpha", "community", "narrow", 0),
            id="a huge crowd decides within a rounded point",
        ),
    ],
)
def test_the_first_row_that_fits_decides(
    panels: tuple[Counts, Counts],
    votes: tuple[Counts, Counts],
    expected: tuple[str, str | None, str | None, str | None, int],
) -> None:
    verdict = decide_between(panels, votes)

    assert judgement(verdict) == expected


@pytest.mark.parametrize(
    ("first", "second", "outcome", "strength"),
    [
        pytest.param((0.5, 0.75), (0.25, 0.5), "tie", None, id="touching is overlapping"),
        pytest.param((0.5, 0.75), (0.25, 0.5000001), "tie", None, id="overlapping by a hair"),
        pytest.param((0.5000001, 0.75), (0.25, 0.5), "winner", "narrow", id="apart by a hair"),
        pytest.param(
            (0.1999999, 0.75), (0.0, 0.0), "winner", "narrow", id="a hair less than 20 points apart"
        ),
        pytest.param((0.2, 0.75), (0.0, 0.0), "winner", "clear", id="20 points apart"),
        pytest.param((0.3, 0.4), (0.2, 0.9), "tie", None, id="one within the other"),
    ],
)
def test_the_nearer_bounds_say_how_far_crowds_are_apart(
    first: tuple[float, float], second: tuple[float, float], outcome: str, strength: str | None
) -> None:
    one = replace(evidence("alpha"), community=TallyCount(50, 50, Interval(*first)))
    other = replace(evidence("beta"), community=TallyCount(50, 50, Interval(*second)))

    verdict = decide(first=one, second=other, roster=ROSTER)

    assert (verdict.outcome, verdict.strength) == (outcome, strength)


@pytest.mark.parametrize(
    ("panels", "votes", "contested"),
    [
        pytest.param(((4, 0), (3, 1)), ((2, 18), (18, 2)), True, id="the crowd favours the loser"),
        pytest.param(
            ((1, 3), (4, 0)), ((18, 2), (2, 18)), True, id="the crowd favours the loser on the first side"
        ),
        pytest.param(((4, 0), (3, 1)), ((18, 2), (2, 18)), False, id="the crowd agrees"),
        pytest.param(((4, 0), (3, 1)), ((9, 11), (16, 4)), False, id="the crowd can't be told apart"),
        pytest.param(((4, 0), (3, 1)), ((0, 19), (20, 0)), False, id="the crowd is too small"),
        pytest.param(((4, 0), (3, 1)), (NOBODY, NOBODY), False, id="there is no crowd"),
        pytest.param(((3, 1), (3, 1)), ((18, 2), (2, 18)), False, id="the crowd decided"),
        pytest.param(((2, 0), (4, 0)), ((18, 2), (2, 18)), False, id="nothing was decided"),
    ],
)
def test_a_verdict_is_contested_where_the_crowd_favours_the_other_tool(
    panels: tuple[Counts, Counts], votes: tuple[Counts, Counts], contested: bool
) -> None:
    verdict = decide_between(panels, votes)

    assert verdict.contested is contested


@pytest.mark.parametrize(
    ("panels", "dissent"),
    [
        pytest.param(((3, 1), (2, 2)), ("founder", "futurist"), id="the first wins: who prefers the second"),
        pytest.param(((2, 2), (3, 1)), ("builder",), id="the second wins: who prefers the first"),
        pytest.param(((3, 1), (3, 1)), ("founder", "builder", "futurist"), id="a tie: whoever is split"),
        pytest.param(((2, 0), (3, 1)), (), id="insufficient: nobody"),
    ],
)
def test_dissent_names_reviewers_in_the_order_of_the_roster(
    panels: tuple[Counts, Counts], dissent: tuple[str, ...]
) -> None:
    roster = ("skeptic", "founder", "builder", "futurist", "crowd")
    first = {"builder": "ship", "skeptic": "ship", "founder": "skip", "futurist": "skip", "crowd": "ship"}
    second = {"builder": "skip", "skeptic": "ship", "founder": "ship", "futurist": "ship"}

    verdict = decide(
        first=evidence("alpha", panel=panels[0], reviews=first),
        second=evidence("beta", panel=panels[1], reviews=second),
        roster=roster,
    )

    assert verdict.dissent == dissent


@pytest.mark.parametrize(
    ("panels", "reason"),
    [
        pytest.param(
            ((2, 0), (4, 0)),
            Reason(
                "panel_too_small",
                None,
                "A verdict needs 3 reviews of each tool: both reviewers ship Alpha, all 4 reviewers ship Beta.",
            ),
            id="too small",
        ),
        pytest.param(
            ((4, 0), (3, 0)),
            Reason(
                "panel_level",
                None,
                "The panel is level: all 4 reviewers ship Alpha, all 3 reviewers ship Beta.",
            ),
            id="level",
        ),
        pytest.param(
            ((4, 0), (3, 1)),
            Reason(
                "panel_ahead",
                "alpha",
                "The panel prefers Alpha: all 4 reviewers ship Alpha, 3 of 4 reviewers ship Beta.",
            ),
            id="first ahead",
        ),
        pytest.param(
            ((0, 4), (1, 3)),
            Reason(
                "panel_ahead",
                "beta",
                "The panel prefers Beta: none of the 4 reviewers ships Alpha, 1 of 4 reviewers ships Beta.",
            ),
            id="second ahead",
        ),
    ],
)
def test_the_panel_is_the_first_reason(panels: tuple[Counts, Counts], reason: Reason) -> None:
    verdict = decide_between(panels)

    assert in_words(verdict)[0] == reason


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        pytest.param(
            (NOBODY, NOBODY), Reason("no_votes", None, "Nobody has voted on either tool yet."), id="none"
        ),
        pytest.param(
            (NOBODY, (25, 0)),
            Reason(
                "too_few_votes",
                None,
                "The crowd is too small to say: nobody has voted on Alpha, all 25 voters ship Beta.",
            ),
            id="none on one",
        ),
        pytest.param(
            ((19, 0), (0, 25)),
            Reason(
                "too_few_votes",
                None,
                "The crowd is too small to say: all 19 voters ship Alpha, none of the 25 voters ships Beta.",
            ),
            id="19 on one",
        ),
        pytest.param(
            ((9, 11), (16, 4)),
            Reason(
                "crowd_undecided",
                None,
                "The crowd can't be told apart: 9 of 20 voters ship Alpha, 16 of 20 voters ship Beta.",
            ),
            id="overlap",
        ),
        pytest.param(
            ((18, 2), (2, 18)),
            Reason(
                "crowd_ahead",
                "alpha",
                "The crowd prefers Alpha: 18 of 20 voters ship Alpha, 2 of 20 voters ship Beta.",
            ),
            id="first ahead",
        ),
        pytest.param(
            ((2, 18), (18, 2)),
            Reason(
                "crowd_ahead",
                "beta",
                "The crowd prefers Beta: 2 of 20 voters ship Alpha, 18 of 20 voters ship Beta.",
            ),
            id="second ahead",
        ),
    ],
)
@pytest.mark.parametrize(
    "panels",
    [((2, 0), (4, 0)), ((4, 0), (4, 0)), ((4, 0), (3, 1))],
    ids=["small panel", "level panels", "panels apart"],
)
def test_the_crowd_is_the_second_reason_whatever_the_panel_says(
    panels: tuple[Counts, Counts], votes: tuple[Counts, Counts], reason: Reason
) -> None:
    verdict = decide_between(panels, votes)

    assert in_words(verdict)[1:] == [reason]


def test_a_crowd_from_too_few_networks_is_shown_and_decides_nothing() -> None:
    one = replace(evidence("alpha"), community=TallyCount(90, 0))

    verdict = decide(first=one, second=evidence("beta", votes=(0, 90)), roster=ROSTER)

    assert judgement(verdict) == TIE
    assert verdict.reasons[1] == Reason(
        "crowd_concentrated",
        None,
        "Too few networks have voted, or on too few days, to say: "
        "all 90 voters ship Alpha, none of the 90 voters ships Beta.",
        {"ship": [90, 0], "total": [90, 90], "networks": 15, "days": 3},
    )


@pytest.mark.parametrize(
    ("panels", "votes", "params"),
    [
        pytest.param(
            ((2, 0), (4, 0)),
            (NOBODY, NOBODY),
            [
                {"ship": [2, 4], "total": [2, 4], "minimum": 3},
                {"ship": [0, 0], "total": [0, 0]},
                {"entry": ["free", "paid"]},
            ],
            id="nothing known",
        ),
        pytest.param(
            ((4, 0), (1, 3)),
            ((19, 0), (0, 25)),
            [
                {"ship": [4, 1], "total": [4, 4]},
                {"ship": [19, 0], "total": [19, 25], "minimum": 20},
                {"entry": ["free", "paid"]},
            ],
            id="a panel and few votes",
        ),
    ],
)
def test_each_reason_has_its_numbers_as_data(
    panels: tuple[Counts, Counts], votes: tuple[Counts, Counts], params: list[dict[str, object]]
) -> None:
    first = evidence("alpha", panel=panels[0], votes=votes[0], entry="free")
    second = evidence("beta", panel=panels[1], votes=votes[1], entry="paid")

    verdict = decide(first=first, second=second, roster=ROSTER)

    assert [reason.params for reason in verdict.reasons] == params


def test_tools_of_one_name_are_told_apart_by_their_slugs() -> None:
    one, other = (
        replace(evidence("alpha"), name="Aider"),
        replace(evidence("beta", entry="paid"), name="AIDER "),
    )

    details = [reason.detail for reason in decide(first=one, second=other, roster=ROSTER).reasons]

    assert details[0].endswith("all 4 reviewers ship Aider (alpha), all 4 reviewers ship AIDER  (beta).")
    assert details[2] == "Aider (alpha) is free to start, AIDER  (beta) is paid from the start."


SAYS = {"+": "ship", "-": "skip"}


def said(signs: str) -> dict[str, str]:
    """What each of the roster says: `+` ships, `-` skips, a space says nothing."""
    return {reviewer: SAYS[sign] for reviewer, sign in zip(ROSTER, signs, strict=True) if sign in SAYS}


@pytest.mark.parametrize(
    ("one", "other", "reviewers", "ships", "reason"),
    [
        pytest.param("++++", "+++-", ROSTER, (4, 3), None, id="all reviewed both"),
        pytest.param(
            "++- ", "+ -+", ("builder", "founder"), (1, 1),
            (None, "Of the two reviewers of both tools, 1 ships Alpha and 1 ships Beta."),
            id="level among the two who reviewed both",
        ),
        pytest.param(
            "+++-", " ++-", ROSTER[1:], (2, 2),
            (None, "Of the 3 reviewers of both tools, 2 ship Alpha and 2 ship Beta."),
            id="four against three of them, who see no difference",
        ),
        pytest.param(
            "++--", " +++", ROSTER[1:], (1, 3),
            ("beta", "Of the 3 reviewers of both tools, 1 ships Alpha and all ship Beta."),
            id="clearer among those who reviewed both",
        ),
        pytest.param(
            "+   ", "+---", ("builder",), (1, 1),
            (None, "The only reviewer of both tools ships Alpha and ships Beta."),
            id="one reviewed both",
        ),
        pytest.param("++  ", "  +-", (), (0, 0), (None, "No reviewer has reviewed both tools."), id="none did"),
        pytest.param("    ", "    ", (), (0, 0), None, id="nothing to differ from"),
    ],
)  # fmt: skip
def test_the_reviewers_of_both_tools_are_a_reason_where_they_differ_from_the_percentages(
    one: str, other: str, reviewers: tuple[str, ...], ships: Counts, reason: tuple[str | None, str] | None
) -> None:
    sides = [
        evidence(slug, panel=(signs.count("+"), signs.count("-")), reviews=said(signs))
        for slug, signs in (("alpha", one), ("beta", other))
    ]

    verdict = decide(first=sides[0], second=sides[1], roster=ROSTER)

    found = [(each.favors, each.detail) for each in verdict.reasons if each.code == "shared_panel"]
    assert verdict.shared_panel == SharedPanel(reviewers, *ships)
    assert found == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("first", "second", "cheaper", "note"),
    [
        ("free", "free", None, "Both tools are free to start."),
        ("freemium", "freemium", None, "Both tools have a free plan."),
        ("paid", "paid", None, "Both tools are paid from the start."),
        ("free", "freemium", "alpha", "Alpha is free to start, Beta has a free plan."),
        ("free", "paid", "alpha", "Alpha is free to start, Beta is paid from the start."),
        ("freemium", "paid", "alpha", "Alpha has a free plan, Beta is paid from the start."),
        ("freemium", "free", "beta", "Alpha has a free plan, Beta is free to start."),
        ("paid", "free", "beta", "Alpha is paid from the start, Beta is free to start."),
        ("paid", "freemium", "beta", "Alpha is paid from the start, Beta has a free plan."),
    ],
)
def test_price_is_a_reason_where_the_entry_labels_differ_and_never_decides(
    first: str, second: str, cheaper: str | None, note: str
) -> None:
    one, other = evidence("alpha", entry=first), evidence("beta", entry=second)

    verdict = decide(first=one, second=other, roster=ROSTER)

    favorite = cheaper_to_start(one, other)
    assert (favorite and favorite.slug) == cheaper
    assert price_note(one, other) == note
    assert verdict.outcome == "tie"
    assert in_words(verdict)[2:] == ([Reason("cheaper_to_start", cheaper, note)] if cheaper else [])


def test_the_first_real_page_is_a_tie_that_names_the_free_tool() -> None:
    first = evidence("claude-files-api", entry="paid", reviews=dict.fromkeys(ROSTER, "ship"))
    second = evidence("llama-4-scout-quantized", entry="free", reviews=dict.fromkeys(ROSTER, "ship"))

    verdict = decide(first=first, second=second, roster=ROSTER)

    assert replace(verdict, reasons=tuple(in_words(verdict))) == Verdict(
        outcome="tie",
        winner=None,
        decided_by=None,
        strength=None,
        margin=0,
        contested=False,
        reasons=(
            Reason(
                "panel_level",
                None,
                "The panel is level: all 4 reviewers ship Claude-Files-Api, all 4 reviewers ship Llama-4-Scout-Quantized.",
            ),
            Reason("no_votes", None, "Nobody has voted on either tool yet."),
            Reason(
                "cheaper_to_start",
                "llama-4-scout-quantized",
                "Claude-Files-Api is paid from the start, Llama-4-Scout-Quantized is free to start.",
            ),
        ),
        dissent=(),
        shared_panel=SharedPanel(ROSTER, 4, 4),
        rule="2026-11",
    )


@pytest.mark.parametrize(
    ("first", "second", "expected", "dissent"),
    [
        pytest.param(
            evidence("cursor", reviews=dict.fromkeys(ROSTER, "ship")),
            evidence("karpathy", panel=(3, 1), reviews=dict.fromkeys(ROSTER, "ship") | {"futurist": "skip"}),
            ("winner", "cursor", "panel", "narrow", 25),
            (),
            id="Cursor 2.0 at 100 v Karpathy Skills at 75",
        ),
        pytest.param(
            evidence(
                "crag", panel=(2, 2), reviews=dict(zip(ROSTER, ("ship", "ship", "skip", "skip"), strict=True))
            ),
            evidence("mistral", reviews=dict.fromkeys(ROSTER, "ship")),
            ("winner", "mistral", "panel", "clear", 50),
            (),
            id="CRAG at 50 v Mistral 4B Edge at 100",
        ),
        pytest.param(
            evidence("karpathy", panel=(3, 1), reviews=dict.fromkeys(ROSTER, "ship") | {"futurist": "skip"}),
            evidence("perplexity", panel=(3, 1), reviews=dict.fromkeys(ROSTER, "ship") | {"skeptic": "skip"}),
            TIE,
            ("skeptic", "futurist"),
            id="Karpathy Skills at 75 v Perplexity Sonar Pro 2 at 75",
        ),
    ],
)
def test_real_pages_get_the_verdict_their_figures_call_for(
    first: Evidence,
    second: Evidence,
    expected: tuple[str, str | None, str | None, str | None, int],
    dissent: tuple[str, ...],
) -> None:
    verdict = decide(first=first, second=second, roster=ROSTER)

    assert judgement(verdict) == expected
    assert verdict.dissent == dissent
    assert verdict.contested is False


@pytest.mark.parametrize(
    ("first", "second", "row", "prefers"),
    [
        ("ship", "ship", "both_ship", None),
        ("skip", "skip", "both_skip", None),
        ("ship", "skip", "split", "alpha"),
        ("skip", "ship", "split", "beta"),
        ("ship", None, "one_sided", None),
        (None, "ship", "one_sided", None),
        ("skip", None, "one_sided", None),
        (None, "skip", "one_sided", None),
        (None, None, "one_sided", None),
    ],
)
def test_a_row_prefers_a_tool_only_where_it_is_split(
    first: str | None, second: str | None, row: str, prefers: str | None
) -> None:
    one = evidence("alpha", reviews={"builder": first} if first else {})
    other = evidence("beta", reviews={"builder": second} if second else {})

    assert agreement(first, second) == row
    assert preference(one, other, reviewer="builder") == prefers


# --- Whatever the evidence ----------------------------------------------------------------------

# Small panels are often level, and crowds of these sizes are now unsure, now sure.
panels = st.builds(PanelCount, ship=st.integers(0, 4), skip=st.integers(0, 4))
crowds = st.builds(TallyCount.with_bounds, ship=st.integers(0, 60), skip=st.integers(0, 60))
scorecards = st.dictionaries(st.sampled_from(ROSTER), st.sampled_from(["ship", "skip"]))


def any_evidence(slug: str) -> st.SearchStrategy[Evidence]:
    return st.builds(
        Evidence,
        slug=st.just(slug),
        name=st.just(slug.title()),
        panel=panels,
        community=crowds,
        entry=st.sampled_from(["free", "freemium", "paid"]),
        reviews=scorecards,
    )


@settings(deadline=None)
@given(any_evidence("alpha"), any_evidence("beta"))
def test_swapping_the_tools_swaps_the_sides_and_nothing_else(first: Evidence, second: Evidence) -> None:
    verdict = decide(first=first, second=second, roster=ROSTER)
    swapped = decide(first=second, second=first, roster=ROSTER)

    def turned(value: object) -> object:
        return value[::-1] if isinstance(value, list) else value

    def turned_round(verdict: Verdict) -> Verdict:
        """Without words, and with all numbers in the other order."""
        reasons = tuple(
            replace(reason, detail="", params={name: turned(value) for name, value in reason.params.items()})
            for reason in verdict.reasons
        )
        shared = verdict.shared_panel
        return replace(
            verdict, reasons=reasons, shared_panel=replace(shared, first=shared.second, second=shared.first)
        )

    wordless = tuple(replace(reason, detail="") for reason in verdict.reasons)
    assert turned_round(swapped) == replace(verdict, reasons=wordless)


@settings(deadline=None)
@given(any_evidence("alpha"), any_evidence("beta"))
def test_the_same_evidence_always_gives_the_same_well_formed_verdict(
    first: Evidence, second: Evidence
) -> None:
    verdict = decide(first=first, second=second, roster=ROSTER)

    assert verdict == decide(first=replace(first), second=replace(second), roster=ROSTER)
    assert verdict.outcome in {"winner", "tie", "insufficient"}
    assert verdict.winner in {"alpha", "beta", None}
    assert (verdict.outcome == "winner") == (verdict.winner is not None)
    assert (verdict.decided_by is None) == (verdict.strength is None) == (verdict.winner is None)
    assert 0 <= verdict.margin <= 100
    assert set(verdict.dissent) <= set(ROSTER)
    assert not verdict.contested or verdict.decided_by == "panel"


@settings(deadline=None)
@given(any_evidence("alpha"), any_evidence("beta"))
def test_one_more_reviewer_who_ships_instead_of_skipping_never_turns_a_tool_into_the_loser(
    first: Evidence, second: Evidence
) -> None:
    better = replace(first, panel=PanelCount(ship=first.panel.ship + 1, skip=max(first.panel.skip - 1, 0)))

    before = decide(first=first, second=second, roster=ROSTER)
    after = decide(first=better, second=second, roster=ROSTER)

    # A review more may complete a panel that was too small, and so let it lose.
    same_size = better.panel.total == first.panel.total
    assert not (same_size and before.winner != "beta" and after.winner == "beta")
    assert not (before.winner == "alpha" and after.winner != "alpha")


@settings(deadline=None)
@given(any_evidence("alpha"), any_evidence("beta"))
def test_one_more_voter_who_ships_instead_of_skipping_never_turns_a_tool_into_the_loser(
    first: Evidence, second: Evidence
) -> None:
    votes = first.community
    better = replace(
        first, community=TallyCount.with_bounds(votes.ship + min(votes.skip, 1), max(votes.skip - 1, 0))
    )

    before = decide(first=first, second=second, roster=ROSTER)
    after = decide(first=better, second=second, roster=ROSTER)

    assert not (before.winner != "beta" and after.winner == "beta")
    assert not (before.winner == "alpha" and after.winner != "alpha")


@settings(deadline=None)
@given(any_evidence("alpha"), any_evidence("beta"))
def test_the_crowds_favorite_ships_more(first: Evidence, second: Evidence) -> None:
    favorite = crowd_favorite(first, second)

    other = second if favorite is first else first
    assert favorite is None or (favorite.community.percent or 0) > (other.community.percent or 0)


# --- Several tools ------------------------------------------------------------------------------


def winners_of(tools: Sequence[Evidence]) -> dict[tuple[str, str], str | None]:
    return {
        (first.slug, second.slug): decide(first=first, second=second, roster=ROSTER).winner
        for first, second in combinations(tools, 2)
    }


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


@settings(deadline=None)
@given(st.lists(st.tuples(panels, crowds), min_size=2, max_size=5))
def test_this_rule_knows_no_cycles_and_its_order_is_true_to_every_pair(
    records: list[tuple[PanelCount, TallyCount]],
) -> None:
    """A winner has the higher percentage or, at the same one, an interval wholly above: neither can go in a circle."""
    tools = [
        replace(evidence(f"tool-{n}"), panel=panel, community=crowd)
        for n, (panel, crowd) in enumerate(records)
    ]
    slugs = [tool.slug for tool in tools]
    winners = winners_of(tools)

    table = standings(slugs=slugs, winners=winners)

    assert cycles(slugs=slugs, winners=winners) == []
    rank = {row.slug: row.rank for row in table}
    assert all(rank[winner] == min(rank[slug] for slug in pair) for pair, winner in winners.items() if winner)
    assert all(rank[pair[0]] != rank[pair[1]] for pair, winner in winners.items() if winner)
    assert sum(row.wins for row in table) == sum(row.losses for row in table)
    assert {row.wins + row.losses + row.ties for row in table} == {len(tools) - 1}
    assert sorted(rank) == sorted(slugs)
    assert [row.rank for row in table] == sorted(row.rank for row in table)
