"""Pairs for the tests of verdicts: what a panel of seven, two crowds and readers' picks say of Alpha and Beta."""

from collections.abc import Mapping

from hypothesis import strategies as st

from comparisons.evidence import Evidence, PairEvidence
from comparisons.rules import MIN_PANEL, HeadToHeads, Inputs, SharedPanel
from reviews.panel import PanelCount
from votes.tally import PickCount, TallyCount, deciding_bounds

ROSTER = ("builder", "skeptic", "founder", "futurist", "operator", "designer", "researcher")
Counts = tuple[int, int]
NOBODY = (0, 0)
SAYS = {"+": "ship", "-": "skip"}
CHOOSES = {"a": "alpha", "b": "beta", "=": None}


def picked(first: int, second: int) -> PickCount:
    """Picks with the bounds that follow, as publication has them."""
    return PickCount(first, second, deciding_bounds(part=first, total=first + second))


def inputs(
    *,
    shared: tuple[int, int, int] = (4, 4, 4),
    choose: tuple[int, int, int] = (0, 0, 0),
    votes: tuple[Counts, Counts] = (NOBODY, NOBODY),
    picks: Counts = NOBODY,
    panels: tuple[Counts, Counts] = ((4, 0), (4, 0)),
    minimum: int = MIN_PANEL,
) -> Inputs:
    """`shared`: how many reviewed both, and how many of them ship each; `choose`: the first, the second, neither."""
    return Inputs(
        shared=SharedPanel(*shared),
        head_to_heads=HeadToHeads(*choose),
        votes=(TallyCount.with_bounds(*votes[0]), TallyCount.with_bounds(*votes[1])),
        picks=picked(*picks),
        panels=(PanelCount(*panels[0]), PanelCount(*panels[1])),
        minimum=minimum,
    )


def said(signs: str) -> dict[str, str]:
    """What each of the roster says of a tool: `+` ships, `-` skips, a space says nothing."""
    return {slug: SAYS[sign] for slug, sign in zip(ROSTER, signs, strict=False) if sign in SAYS}


def evidence(
    slug: str, signs: str = "++++", *, votes: Counts = NOBODY, entry: str = "free", name: str | None = None
) -> Evidence:
    return Evidence(
        slug=slug,
        name=slug.title() if name is None else name,
        panel=PanelCount(signs.count("+"), signs.count("-")),
        community=TallyCount.with_bounds(*votes),
        entry=entry,
        reviews=said(signs),
    )


def pair_of(
    first: Evidence,
    second: Evidence,
    *,
    choices: str = "",
    picks: Counts = NOBODY,
    panel_of: Mapping[str, str] | None = None,
) -> PairEvidence:
    """`choices` of the roster: `a` the first, `b` the second, `=` no difference, a space says nothing."""
    slugs = {"alpha": first.slug, "beta": second.slug, None: None}
    return PairEvidence.of_reviews(
        first,
        second,
        roster=ROSTER,
        preferences={
            slug: slugs[CHOOSES[sign]] for slug, sign in zip(ROSTER, choices, strict=False) if sign in CHOOSES
        },
        picks=picked(*picks),
        panel_of=panel_of,
    )


def pair(
    first: str = "++++",
    second: str = "++++",
    choices: str = "",
    *,
    votes: tuple[Counts, Counts] = (NOBODY, NOBODY),
    picks: Counts = NOBODY,
    panel_of: Mapping[str, str] | None = None,
) -> PairEvidence:
    """Alpha and Beta, by the signs of the roster."""
    return pair_of(
        evidence("alpha", first, votes=votes[0]),
        evidence("beta", second, votes=votes[1]),
        choices=choices,
        picks=picks,
        panel_of=panel_of,
    )


# Small panels are often level; crowds and picks of these sizes are now unsure, now sure.
signs = st.text("+- ", min_size=7, max_size=7)
answers = st.text("ab= ", min_size=7, max_size=7)
few = st.integers(0, 60)
two = st.tuples(few, few)
any_pair = st.builds(
    pair,
    signs,
    signs,
    answers,
    votes=st.tuples(two, two),
    picks=two,
    panel_of=st.none()
    | st.sets(st.sampled_from(ROSTER), min_size=1).map(lambda some: {each: each for each in some}),
)
any_inputs = any_pair.map(lambda pair: pair.inputs)
