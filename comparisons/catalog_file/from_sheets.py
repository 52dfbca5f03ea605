"""Turns the sheets of a catalog into a catalog file, so that one importer decides, and finds the way back to the cells."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from openpyxl.utils import get_column_letter

from backend.api.json_type import Json
from backend.api.quoting import quoted
from catalog.models import Tool
from comparisons.catalog_file.cells import PAIR, SHEETS, Sheet, can_be_cleared, value_of
from comparisons.catalog_file.format import FORMAT
from comparisons.catalog_file.reading import CatalogFileError, Problems
from comparisons.catalog_file.spreadsheets import Record, Unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ("categories", "reviewers", "conditions", "tools", "head_to_head", "comparisons")
# Rows that stand within an object of the file: under which key, and in whose list.
INNER = {"reviews": ("reviews", "tools"), "fits": ("fits", "tools"), "pair_fits": ("fits", "comparisons")}
BATCH = 500


class Sheets:
    """The rows of a file's sheets, kept on disk, and the catalog file that they make.

    `places` of the catalog file are told as cells: `tools row 5, column C (tagline)`.
    """

    def __init__(self) -> None:
        # An unnamed database of SQLite's is a temporary file that nobody else sees.
        self._rows = sqlite3.connect("")
        self._rows.execute("CREATE TABLE rows (sheet, row, owner, content)")
        self._rows.execute("CREATE TABLE places (place PRIMARY KEY, sheet, row)")
        self._headers: dict[str, list[str]] = {}
        self._problems = Problems()

    def close(self) -> None:
        self._rows.close()

    def read(self, records: Iterable[Record], on_row: Callable[[], object] = lambda: None) -> None:
        """Raises CatalogFileError where a header or a cell can't be read."""
        for record in records:
            if record.sheet not in SHEETS:
                names = ", ".join(SHEETS)
                raise CatalogFileError(
                    [f"{record.sheet or 'file'}: is no sheet of a catalog; these are: {names}"]
                )
            sheet = SHEETS[record.sheet]
            if record.sheet in self._headers:
                self._keep(sheet, record)
                on_row()
            else:
                self._headers[record.sheet] = self._header(sheet, record)
        if not self._headers:
            raise CatalogFileError(["file: is empty"])
        if self._problems:
            raise CatalogFileError(self._problems)
        self._rows.execute("CREATE INDEX by_owner ON rows (sheet, owner, row)")

    def _header(self, sheet: Sheet, record: Record) -> list[str]:
        names = ["" if cell is None else str(cell).strip() for cell in record.cells]
        while names and not names[-1]:
            names.pop()
        for place, name in enumerate(names):
            where = f"{sheet.name} row {record.row}, column {get_column_letter(place + 1)}"
            cell = record.cells[place]
            if isinstance(cell, Unfit):
                self._problems += [f"{where}: {cell.why}"]
            elif name not in sheet.columns:
                known = ", ".join(sheet.columns)
                self._problems += [f"{where}: {quoted(name)} is no column of this sheet; these are: {known}"]
            elif name in names[:place]:
                self._problems += [f"{where}: the column {name} stands twice"]
        missing = [key for key in sheet.keys if key not in names]
        self._problems += [f"{sheet.name} row {record.row}: the column {key} is missing" for key in missing]
        if self._problems:
            raise CatalogFileError(self._problems)
        return names

    def _keep(self, sheet: Sheet, record: Record) -> None:
        names = self._headers[sheet.name]
        content: dict[str, Json] = {}
        for place, cell in enumerate(record.cells):
            where = f"{sheet.name} row {record.row}, column {get_column_letter(place + 1)}"
            if isinstance(cell, Unfit):
                self._problems += [f"{where}: {cell.why}"]
            elif place >= len(names):
                if cell not in {None, ""}:
                    self._problems += [f"{where}: stands under no column's name"]
            else:
                value = value_of(names[place], cell)
                if value is not None or can_be_cleared(sheet, names[place]):
                    content[names[place]] = value
        owner = self._owner(sheet, content)
        self._rows.execute(
            "INSERT INTO rows VALUES (?, ?, ?, ?)",
            [sheet.name, record.row, owner, json.dumps(content, ensure_ascii=False)],
        )

    def _owner(self, sheet: Sheet, content: Mapping[str, Json]) -> str:
        """What the object is found by that a row stands in: its tool's slug, or its pair's two."""
        if sheet.name == "tools":
            return str(content.get("slug", ""))
        if PAIR[0] in sheet.columns:
            return "\n".join(sorted(str(content.get(key, "")) for key in PAIR))
        return str(content.get("tool", ""))

    # --- The catalog file ---------------------------------------------------------------------

    def as_catalog_file(self) -> IO[bytes]:
        """A temporary file, at its beginning. Raises CatalogFileError where rows speak of what nothing names."""
        self._refuse_orphans()
        file = TemporaryFile()  # noqa: SIM115 - the caller closes it.
        file.write(f'{{"format": {FORMAT}'.encode())
        for kind in KINDS:
            for number, item in enumerate(self._items(kind)):
                opening = ", " if number else f', "{kind}": ['
                file.write(f"{opening}{json.dumps(item, ensure_ascii=False)}".encode())
            if self._is_begun(kind):
                file.write(b"]")
        file.write(b"}")
        file.seek(0)
        self._rows.commit()
        return file

    def _is_begun(self, kind: str) -> bool:
        return self._place(f"{kind}[0]") is not None

    def _items(self, kind: str) -> Iterator[dict[str, Json]]:
        number = -1
        for sheet, row, owner, content in self._all_rows(kind):
            number += 1
            self._note(f"{kind}[{number}]", sheet, row)
            item = _object(SHEETS[kind], content)
            for inner, (key, within) in INNER.items():
                if within == kind and inner in self._headers:
                    item[key] = list(self._inner(inner, owner, f"{kind}[{number}].{key}"))
            yield item

    def _all_rows(self, kind: str) -> Iterator[tuple[str, int, str, dict[str, Json]]]:
        """Those of its own sheet, and of tools such as others' rows alone speak of, as the database has them."""
        rows = self._rows.execute("SELECT row, owner, content FROM rows WHERE sheet = ? ORDER BY row", [kind])
        for row, owner, content in rows:
            yield kind, row, owner, json.loads(content)
        if kind == "tools":
            yield from self._known_tools()

    def _known_tools(self) -> Iterator[tuple[str, int, str, dict[str, Json]]]:
        """Reviews and conditions may stand in a file of their own: what a tool has to say is left as it is."""
        for batch in _batches(list(self._unnamed()), BATCH):
            tools = {
                tool.slug: tool
                for tool in Tool.objects.filter(slug__in=[owner for owner, _, _ in batch])
                .select_related("category")
                .defer("search")
            }
            for owner, sheet, row in batch:
                if owner in tools:
                    yield sheet, row, owner, _as_it_is(tools[owner])

    def _unnamed(self) -> Iterator[tuple[str, str, int]]:
        """Slugs of tools that have rows and no row of their own, with the first of the rows."""
        return self._rows.execute(
            "SELECT owner, sheet, min(row) FROM rows WHERE sheet IN ('reviews', 'fits') AND owner <> ''"
            " AND owner NOT IN (SELECT owner FROM rows WHERE sheet = 'tools') GROUP BY owner ORDER BY owner"
        )

    def _refuse_orphans(self) -> None:
        for batch in _batches(list(self._unnamed()), BATCH):
            slugs = [owner for owner, _, _ in batch]
            known = set(Tool.objects.filter(slug__in=slugs).values_list("slug", flat=True))
            self._problems += [
                f"{sheet} row {row}, column {self._letter(sheet, 'tool')} (tool): no tool has the slug {quoted(owner)}"
                for owner, sheet, row in batch
                if owner not in known
            ]
        missing = self._rows.execute(
            "SELECT sheet, row FROM rows WHERE sheet IN ('reviews', 'fits') AND owner = '' ORDER BY sheet, row LIMIT 50"
        )
        self._problems += [f"{sheet} row {row}: names no tool" for sheet, row in missing]
        lonely = self._rows.execute(
            "SELECT min(row) FROM rows WHERE sheet = 'pair_fits'"
            " AND owner NOT IN (SELECT owner FROM rows WHERE sheet = 'comparisons') GROUP BY owner LIMIT 50"
        )
        self._problems += [
            f"pair_fits row {row}: the sheet comparisons has no row of this pair" for [row] in lonely
        ]
        if self._problems:
            raise CatalogFileError(self._problems)

    def _inner(self, sheet: str, owner: str, place: str) -> Iterator[dict[str, Json]]:
        rows = self._rows.execute(
            "SELECT row, content FROM rows WHERE sheet = ? AND owner = ? ORDER BY row", [sheet, owner]
        )
        for number, (row, content) in enumerate(rows.fetchall()):
            self._note(f"{place}[{number}]", sheet, row)
            yield _inner_object(json.loads(content))

    # --- The way back -------------------------------------------------------------------------

    def _note(self, place: str, sheet: str, row: int) -> None:
        self._rows.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", [place, sheet, row])

    def _place(self, place: str) -> "Sequence[Json] | None":
        found: Sequence[Json] | None = self._rows.execute(
            "SELECT sheet, row FROM places WHERE place = ?", [place]
        ).fetchone()
        return found

    def in_cells(self, line: str) -> str:
        """A problem or warning of the importer's with cells in place of the catalog file's places."""
        return re.sub(r"\b[a-z_]+\[\d+\](?:\.[a-z_]+\[\d+\]|\.[a-z_.]+(?:\[\d+\])?)*", self._in_cells, line)

    def _in_cells(self, match: "re.Match[str]") -> str:
        place, rest = match[0], ""
        while (found := self._place(place)) is None:
            cut = max(place.rfind("."), place.rfind("["))
            if cut <= 0:
                return match[0]
            place, rest = place[:cut], place[cut:] + rest
        sheet, row = found
        column = self._column(rest.lstrip("."))
        if column in self._headers.get(sheet, ()):
            column = f"{self._letter(sheet, column)} ({column})"
        return f"{sheet} row {row}" + (f", column {column}" if column else "")

    def _column(self, key: str) -> str:
        """The column of a key, without the place in a list: `evidence[2]` is `evidence`, `tools[0]` the first tool."""
        name, _, number = key.partition("[")
        if name == "tools" and number:
            name = PAIR[number.startswith("1")]
        return name

    def _letter(self, sheet: str, column: str) -> str:
        return get_column_letter(self._headers[sheet].index(column) + 1)


def _object(sheet: Sheet, content: Mapping[str, Json]) -> dict[str, Json]:
    item: dict[str, Json] = {}
    for column, value in content.items():
        key, _, inner = column.partition(".")
        if inner:
            item.setdefault(key, {})[inner] = value
        elif column not in PAIR:
            item[key] = value
    if PAIR[0] in sheet.columns:
        item = {"tools": [content[key] for key in PAIR if key in content], **item}
    return item


def _inner_object(content: Mapping[str, Json]) -> dict[str, Json]:
    """Without what says whose it is; `tool` of a pair's condition is its own."""
    is_of_pair = PAIR[0] in content
    return {key: value for key, value in content.items() if key not in PAIR and (is_of_pair or key != "tool")}


def _as_it_is(tool: Tool) -> dict[str, Json]:
    """What the format requires of a tool, as the database has it."""
    return {
        "slug": tool.slug,
        "name": tool.name,
        "tagline": tool.tagline,
        "description": tool.description,
        "category": tool.category.slug,
        "pricing.entry": tool.pricing_entry,
    }


def _batches(items: "list[tuple[str, str, int]]", size: int) -> Iterator[list[tuple[str, str, int]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
