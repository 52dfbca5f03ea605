"""What is known of two tools and was said of both: all that a verdict on them stands on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from comparisons.rules import MIN_PANEL, HeadToHeads, Inputs, SharedPanel
from reviews.panel import PanelCount
from votes.tally import PickCount, TallyCount


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one tool: `reviews` maps a reviewer's slug to `ship` or `skip`.

    `votes_as_of` is when the counted votes became public.
    """

    slug: str
    name: str
    panel: PanelCount
    community: TallyCount
    entry: str
    reviews: Mapping[str, str]
    votes_as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """What is known of two tools, and what was said of both, in the order of the tools.

    `roster` is the order in which reviewers are named. `preferences` maps the slug of a reviewer who answered the pair to
    that of the tool they would ship, or to None where it makes no difference to them. `panel_of`, where only some
    reviewers are asked, maps their slugs to their names.
    """

    first: Evidence
    second: Evidence
    shared: SharedPanel
    head_to_heads: HeadToHeads
    picks: PickCount
    picks_as_of: datetime | None = None
    roster: tuple[str, ...] = ()
    preferences: Mapping[str, str | None] = field(default_factory=dict)
    panel_of: Mapping[str, str] | None = None

    @classmethod
    def of_reviews(
        cls,
        first: Evidence,
        second: Evidence,
        *,
        roster: Sequence[str],
        preferences: Mapping[str, str | None],
        picks: PickCount,
        picks_as_of: datetime | None = None,
        panel_of: Mapping[str, str] | None = None,
    ) -> Self:
        """Counted from what each reviewer says; of `panel_of` alone, where it is given."""
        if panel_of is not None:
            roster = [slug for slug in roster if slug in panel_of]
            preferences = {slug: choice for slug, choice in preferences.items() if slug in panel_of}
        both = tuple(slug for slug in roster if slug in first.reviews and slug in second.reviews)
        choices = list(preferences.values())
        return cls(
            first,
            second,
            shared=SharedPanel(
                total=len(both),
                first=sum(first.reviews[slug] == "ship" for slug in both),
                second=sum(second.reviews[slug] == "ship" for slug in both),
                reviewers=both,
            ),
            head_to_heads=HeadToHeads(
                choices.count(first.slug), choices.count(second.slug), choices.count(None)
            ),
            picks=picks,
            picks_as_of=picks_as_of,
            roster=tuple(roster),
            preferences=preferences,
            panel_of=panel_of,
        )

    @property
    def tools(self) -> tuple[Evidence, Evidence]:
        return self.first, self.second

    @property
    def inputs(self) -> Inputs:
        """What the rule reads. Of a panel of two, two reviewers are enough."""
        return Inputs(
            shared=self.shared,
            head_to_heads=self.head_to_heads,
            votes=(self.first.community, self.second.community),
            picks=self.picks,
            panels=(self.first.panel, self.second.panel),
            minimum=MIN_PANEL if self.panel_of is None else min(MIN_PANEL, len(self.panel_of)),
        )

    def preference(self, reviewer: str) -> tuple[str | None, str | None]:
        """The tool that this reviewer would ship, and the basis of it: `head_to_head` where they answered the pair, else
        `reviews` where they reviewed both tools, else None."""
        if reviewer in self.preferences:
            return self.preferences[reviewer], "head_to_head"
        said = (self.first.reviews.get(reviewer), self.second.reviews.get(reviewer))
        if None in said:
            return None, None
        by_reviews = {("ship", "skip"): self.first.slug, ("skip", "ship"): self.second.slug}
        return by_reviews.get(said), "reviews"  # type: ignore[arg-type]
