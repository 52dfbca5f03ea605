"""What narrows the list of comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Q, QuerySet

from catalog.models import Tool
from catalog.querysets import search_query
from comparisons.listings import ListedPair, in_categories


@dataclass(frozen=True, slots=True)
class PairFilters:
    """What narrows a list of pairs, by the names of the parameters; an empty filter lets everything through."""

    q: str = ""
    tool: Sequence[str] = ()
    category: Sequence[str] = ()
    outcome: Sequence[str] = ()

    def listings(self) -> list[QuerySet[Any]]:
        """The published pairs that pass every filter; where tools are asked for, those of either side apart.

        An index is of one side. One query where `tool` is given, else none.
        """
        listed = ListedPair.objects.published()
        if self.outcome:
            listed = listed.filter(outcome__in=self.outcome)
        apart, *together = self._sides() or [(Q(),)]
        for first, second in together:
            listed = listed.filter(first | second)
        return [listed.filter(side) for side in apart]

    def _sides(self) -> list[tuple[Q, ...]]:
        """Of the first and of the second tool, what names fewest pairs in front."""
        sides: list[tuple[Q, ...]] = []
        if self.tool:
            ids = Tool.objects.ids_of(self.tool)
            sides.append((Q(first_tool__in=ids), Q(second_tool__in=ids)))
        if self.q:
            query = search_query(self.q)
            sides.append((Q(first_tool__search=query), Q(second_tool__search=query)))
        if self.category:
            sides.append(
                (
                    in_categories("first_category", self.category),
                    in_categories("second_category", self.category),
                )
            )
        return sides


PAIR_FILTERS = [field.name for field in fields(PairFilters)]
