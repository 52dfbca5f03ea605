"""The comparisons of a file, each beside what the database holds of it."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from comparisons.catalog_file.fits import FitLists, pair_fits
from comparisons.catalog_file.format import COMPARISON_COLUMNS, Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.row_rules import RowRules
from comparisons.catalog_file.tool_pairs import is_any_pair, pair_of
from comparisons.catalog_file.tool_slugs import ToolSlugs
from comparisons.catalog_file.upsert import Edit, SlugIds, Table, assign, locked
from comparisons.models import Comparison, PairFit, pair_slug


class PairPlan:
    """What becomes of the comparisons and their conditions."""

    def __init__(
        self,
        table: Table[Comparison],
        fits: FitLists[PairFit],
        slugs: ToolSlugs,
        rules: RowRules,
        errors: Problems,
    ) -> None:
        self._table = table
        self._fits = fits
        self._slugs = slugs
        self._rules = rules
        self._errors = errors
        self._places: dict[frozenset[UUID], str] = {}

    def take(self, rows: Iterable[Row], conditions: SlugIds) -> None:
        """One query for what the database has of these pairs, and one for their conditions where the file has some."""
        pairs = [(row, pair_of(row, self._slugs, self._errors)) for row in rows]
        present = self._present(pair for _, pair in pairs if len(pair) == 2)
        self._fits.read([present[pair].id for row, pair in pairs if "fits" in row.values and pair in present])
        for row, pair in pairs:
            if len(pair) < 2:
                continue
            if pair in self._places:
                self._errors += [f"{row.place}.tools: this pair stands already at {self._places[pair]}"]
                continue
            self._places[pair] = row.place
            # In either order: the database puts them in that of their slugs.
            first, second = pair
            comparison = present.get(pair) or Comparison(
                first_tool_id=first, second_tool_id=second, status=Comparison.Status.PUBLISHED
            )
            before = None if comparison._state.adding else comparison.status
            changed = [
                *assign(comparison, row.values, COMPARISON_COLUMNS),
                *self._rules.publish(comparison, row, before),
                *self._take_fits(comparison, row, conditions),
            ]
            name = pair_slug(self._slugs.current[first], self._slugs.current[second])
            self._table.take(comparison, name, changed)

    def _take_fits(self, comparison: Comparison, row: Row, conditions: SlugIds) -> Iterator[Edit]:
        if "fits" not in row.values:
            return
        wanted = pair_fits(row, comparison, self._slugs.tool_ids, conditions.ids, self._errors)
        tools = {
            tool_id: self._slugs.current[tool_id]
            for tool_id in (comparison.first_tool_id, comparison.second_tool_id)
        }
        yield from self._fits.take(comparison.id, wanted, {**conditions.slugs, **tools})

    def _present(self, pairs: Iterable[frozenset[UUID]]) -> dict[frozenset[UUID], Comparison]:
        """Those that the database has, whichever tool stands first."""
        return {
            frozenset([comparison.first_tool_id, comparison.second_tool_id]): comparison
            for comparison in locked(Comparison.objects.filter(is_any_pair(pairs)))
        }
