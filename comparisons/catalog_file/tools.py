"""The tools of a file, each beside what the database holds of it."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from backend.api.json_type import Json
from backend.api.quoting import quoted
from catalog.models import Tool, ToolFit
from comparisons.catalog_file.fits import FitLists, tool_fits
from comparisons.catalog_file.format import ALL_TOOL_COLUMNS, Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.row_rules import RowRules
from comparisons.catalog_file.tool_slugs import ToolKey, ToolSlugs
from comparisons.catalog_file.upsert import Edit, SlugIds, Table, assign, locked


class ToolPlan:
    """What becomes of the tools, their slugs and their conditions.

    Of all tools together it keeps the ids, slugs and names; of the file's, where each stands.
    """

    def __init__(
        self,
        table: Table[Tool],
        fits: FitLists[ToolFit],
        slugs: ToolSlugs,
        rules: RowRules,
        errors: Problems,
    ) -> None:
        self._table = table
        self._fits = fits
        self._slugs = slugs
        self._rules = rules
        self._errors = errors
        self._keys: Mapping[str, ToolKey] = {}
        self._claims: dict[str, str] = {}
        self._names: dict[UUID, str] = {}
        self._places: dict[UUID, str] = {}
        self._taken_slugs: dict[UUID, str] = {}

    def find(self, rows: Iterable[Row]) -> Mapping[str, ToolKey]:
        """Which tool each row means, by the row's place; a row whose slug leads nowhere right is missing."""
        self._names = self._slugs.read()
        self._keys = self._slugs.match(rows)
        self._claims = {key.slug: f"is the slug of {key.place}" for key in self._keys.values()}
        return self._keys

    def take(
        self,
        rows: list[Row],
        categories: SlugIds,
        conditions: SlugIds,
    ) -> list[tuple[Row, Tool]]:
        """The tools of these rows, of those that were found; two queries for what the database has of them."""
        stored = [key.tool_id for row in rows if not (key := self._keys[row.place]).is_new]
        present = {tool.id: tool for tool in locked(Tool.objects.filter(id__in=stored).defer("search"))}
        self._fits.read([self._keys[row.place].tool_id for row in rows if "fits" in row.values])
        tools = []
        for row in rows:
            key = self._keys[row.place]
            if key.tool_id in self._places:
                self._errors += [f"{row.place}.slug: means the same tool as {self._places[key.tool_id]}"]
                continue
            self._places[key.tool_id] = row.place
            tool = present.get(key.tool_id) or Tool(
                id=key.tool_id, slug=key.slug, status=Tool.Status.PUBLISHED
            )
            self._take(tool, row, categories, conditions)
            self._taken_slugs[tool.id], self._names[tool.id] = tool.slug, tool.name
            tools.append((row, tool))
        return tools

    def finish(self) -> None:
        """Once all were taken: what the slugs lead to, for the rows that name tools, and a warning of same names."""
        self._slugs.note(self._keys.values(), self._taken_slugs)
        self._slugs.warn_of_same_names(self._names, self._places)

    def _take(
        self,
        tool: Tool,
        row: Row,
        categories: SlugIds,
        conditions: SlugIds,
    ) -> None:
        before = None if tool._state.adding else tool.status
        values = self._values(row, categories)
        changed = [
            *self._slugs.take_slug(tool, row),
            *assign(tool, values, ALL_TOOL_COLUMNS, slugs=categories.slugs),
            *self._rules.publish(tool, row, before),
            *self._slugs.take_aliases(tool, row, self._claims),
            *self._take_fits(tool, row, conditions),
        ]
        if row.is_whole and (tool.pricing_starts_at is None) != (tool.pricing_currency is None):
            self._errors += [f"{row.place}.pricing: an amount and its currency come together"]
        self._table.take(tool, tool.slug, changed)

    def _values(self, row: Row, categories: SlugIds) -> dict[str, Json]:
        """As columns take them: the category by its id, and the slug left to `take_slug`."""
        values = {key: value for key, value in row.values.items() if key not in {"slug", "category"}}
        if "category" in row.values:
            slug = row.values["category"]
            if slug in categories.ids:
                values["category"] = categories.ids[slug]
            else:
                self._errors += [f"{row.place}.category: no category is called {quoted(slug)}"]
        return values

    def _take_fits(self, tool: Tool, row: Row, conditions: SlugIds) -> Iterator[Edit]:
        if "fits" not in row.values:
            return
        wanted = tool_fits(row, tool.id, conditions.ids, self._errors)
        yield from self._fits.take(tool.id, wanted, {**conditions.slugs, tool.id: tool.slug})
