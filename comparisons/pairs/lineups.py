"""Several tools at once: every pair of them judged, and the order that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from catalog.models import Tool
from comparisons.models import Outcome
from comparisons.pairs.pair import Pair
from comparisons.pairs.selectors import SHOWN_TOOLS, pair_up, tools_by_asked_slug
from comparisons.standings import Standing, cycles, standings
from comparisons.tools.selectors import read_reviews


@dataclass(frozen=True)
class Lineup:
    """Several tools, a verdict on every pair of them, and the order that follows.

    `unknown` are the asked slugs that no tool has or had.
    """

    tools: list[Tool]
    pairs: list[Pair]
    unknown: list[str]

    @cached_property
    def _names(self) -> list[str]:
        return [tool.slug for tool in self.tools]

    @cached_property
    def _winners(self) -> dict[tuple[str, str], str | None]:
        return {(pair.first.slug, pair.second.slug): pair.verdict.winner for pair in self.pairs}

    @property
    def order(self) -> list[Standing]:
        judged = {
            tool.slug
            for pair in self.pairs
            if pair.verdict.outcome != Outcome.INSUFFICIENT
            for tool in pair.tools
        }
        return standings(slugs=self._names, winners=self._winners, unjudged=set(self._names) - judged)

    @property
    def cycles(self) -> list[list[str]]:
        return cycles(slugs=self._names, winners=self._winners)


def line_up(slugs: Sequence[str], *, panel_of: Mapping[str, str] | None = None) -> Lineup:
    """The tools, archived ones too, with these present or earlier slugs, each once and in the order of their slugs.

    Four queries, whatever the number of tools.
    """
    asked = tools_by_asked_slug(SHOWN_TOOLS, slugs)
    tools = sorted(set(asked.values()), key=lambda tool: tool.slug)
    read_reviews(tools)
    return Lineup(
        tools=tools,
        pairs=pair_up(list(combinations(tools, 2)), panel_of=panel_of),
        unknown=[slug for slug in slugs if slug not in asked],
    )
