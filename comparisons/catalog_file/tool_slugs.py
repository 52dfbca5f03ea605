"""Which tool a slug of the file means, and which slugs the file's tools take."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from backend.api.ids import new_id
from backend.api.quoting import quoted
from catalog.models import Tool, ToolAlias
from catalog.pairs import folded_name
from comparisons.catalog_file.format import Row
from comparisons.catalog_file.reading import Problems


@dataclass(frozen=True, slots=True)
class ToolKey:
    """What the file says of a tool's slugs, and which tool is meant: one of the database, or a new one."""

    place: str
    slug: str
    aliases: tuple[str, ...]
    tool_id: UUID
    is_new: bool


class ToolSlugs:
    """Every slug that a tool of the database or the file has or had.

    `tool_ids` gives the tool of each slug, `current` the slug that each tool has. `new_aliases` are not written yet.
    """

    def __init__(self, errors: Problems, warnings: list[str]) -> None:
        self.tool_ids: dict[str, UUID] = {}
        self.current: dict[UUID, str] = {}
        self.new_aliases: list[ToolAlias] = []
        self._errors = errors
        self._warnings = warnings

    def read(self) -> dict[UUID, str]:
        """The name of each tool in the database; notes its slugs too."""
        names = {}
        for tool_id, slug, name in Tool.objects.values_list("id", "slug", "name"):
            self.current[tool_id] = slug
            names[tool_id] = name
        self.tool_ids = dict(ToolAlias.objects.values_list("slug", "tool_id"))
        self.tool_ids |= {slug: tool_id for tool_id, slug in self.current.items()}
        return names

    def match(self, rows: Iterable[Row]) -> dict[str, ToolKey]:
        """By place in the file, which tool each row means; the rows have distinct slugs."""
        named = [(row.place, row.values["slug"], tuple(row.values.get("aliases", ()))) for row in rows]
        slugs = {slug for _, slug, _ in named}
        keys = {}
        for place, slug, aliases in named:
            tool_id = self._tool_id(slug, [alias for alias in aliases if alias not in slugs])
            keys[place] = ToolKey(place, slug, aliases, tool_id or new_id(), is_new=tool_id is None)
        return keys

    def _tool_id(self, slug: str, aliases: Iterable[str]) -> UUID | None:
        """By slug, present or earlier; else by the earlier slugs in the file, where they mean one tool."""
        if slug in self.tool_ids:
            return self.tool_ids[slug]
        owners = {self.tool_ids[alias] for alias in aliases if alias in self.tool_ids}
        return owners.pop() if len(owners) == 1 else None

    def note(self, keys: Collection[ToolKey], slugs: Mapping[UUID, str]) -> None:
        """Notes the slugs that the file's tools have now; an alias of the file yields to a slug."""
        self.current.update(slugs)
        self.tool_ids.update((key.slug, key.tool_id) for key in keys)
        for key in keys:
            for alias in key.aliases:
                self.tool_ids.setdefault(alias, key.tool_id)

    def take_slug(self, tool: Tool, row: Row) -> Iterator[str]:
        slug = row.values["slug"]
        if slug == tool.slug:
            return
        if slug in self.tool_ids:
            self._warnings.append(
                f"{row.place}.slug: {quoted(slug)} is an earlier slug of {quoted(tool.slug)}, which is meant"
            )
            return
        self._warnings.append(f"{row.place}.slug: {quoted(tool.slug)} is now called {quoted(slug)}")
        tool.slug = slug
        yield "slug"

    def take_aliases(self, tool: Tool, row: Row, claims: dict[str, str]) -> Iterator[str]:
        is_new = False
        for index, alias in enumerate(row.values.get("aliases", ())):
            place = f"{row.place}.aliases[{index}]"
            owner = self.tool_ids.get(alias, tool.id)
            if alias in claims:
                self._errors += [f"{place}: {quoted(alias)} {claims[alias]}"]
            elif owner != tool.id:
                self._errors += [f"{place}: {quoted(alias)} belongs to {quoted(self.current[owner])}"]
            elif alias not in self.tool_ids:
                self.new_aliases.append(ToolAlias(slug=alias, tool=tool))
                is_new = True
            claims.setdefault(alias, f"stands already at {place}")
        if is_new:
            yield "aliases"

    def warn_of_same_names(self, names: Mapping[UUID, str], places: Mapping[UUID, str]) -> None:
        """Of tools in the file, whether their namesakes stand in the file or in the database."""
        namesakes = defaultdict(list)
        for tool_id in sorted(names, key=lambda tool_id: self.current[tool_id]):
            namesakes[folded_name(names[tool_id])].append(tool_id)
        for same in namesakes.values():
            in_file = [places[tool_id] for tool_id in same if tool_id in places]
            if len(same) > 1 and in_file:
                slugs = ", ".join(self.current[tool_id] for tool_id in same)
                self._warnings.append(
                    f"{', '.join(in_file)}: {len(same)} tools are called {quoted(names[same[0]])}: {slugs}"
                )
