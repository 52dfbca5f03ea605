"""Writes the catalog as sheets: one XLSX of all, or a CSV of one. An import of it changes nothing."""

import csv
import io
from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell

from backend.api.formulas import with_inner_escapes
from backend.api.json_type import Json
from comparisons.catalog_file.cells import PAIR, SHEETS, written
from comparisons.catalog_file.export import exported_rows
from comparisons.catalog_file.reading import CatalogFileError

# A longer text a cell of Excel's does not hold, and openpyxl would cut.
MAX_CELL = 32_767


def export_xlsx(target: IO[bytes]) -> None:
    """All sheets. Rows go to the disk as they come. Raises CatalogFileError where a cell can't hold a value."""
    book = Workbook(write_only=True)
    try:
        _fill(book)
    except BaseException:
        # The sheets are temporary files, which a book deletes once it is saved, and not before.
        with TemporaryFile() as nowhere:
            book.save(nowhere)
        raise
    book.save(target)


def _fill(book: Workbook) -> None:
    sheets = {name: book.create_sheet(name) for name in SHEETS}
    for name, sheet in sheets.items():
        sheet.append(list(SHEETS[name].columns))
    for name, cells in _all_rows():
        row = []
        for column, text in zip(SHEETS[name].columns, cells, strict=True):
            if len(text) > MAX_CELL:
                raise CatalogFileError(
                    [f"{name}: {column} of {cells[0]} is longer than a cell holds. Take JSON."]
                )
            cell = WriteOnlyCell(sheets[name], value=text or None)
            # Text is text, whatever it begins with.
            cell.data_type = "s" if text else "n"
            row.append(cell)
        sheets[name].append(row)


def export_csv(sheet: str) -> Iterator[bytes]:
    """One sheet in pieces, in UTF-8 with the mark by which Excel knows it."""
    yield "\ufeff".encode()
    yield _line(SHEETS[sheet].columns)
    for name, cells in _all_rows():
        if name == sheet:
            yield _line(cells)


def _line(cells: "tuple[str, ...] | list[str]") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(map(with_inner_escapes, cells))
    return buffer.getvalue().encode()


def _all_rows() -> Iterator[tuple[str, list[str]]]:
    for kind, item in exported_rows():
        for sheet, values in _rows_of(kind, item):
            yield sheet, [written(column, values.get(column)) for column in SHEETS[sheet].columns]


def _rows_of(kind: str, item: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    pair = dict(zip(PAIR, item["tools"], strict=True)) if "tools" in item else {}
    own = {f"pricing.{key}": value for key, value in item.get("pricing", {}).items()}
    yield kind, {**item, **own, **pair}
    for review in item.get("reviews", ()):
        yield "reviews", {"tool": item["slug"], **review}
    for fit in item.get("fits", ()):
        yield ("pair_fits", {**pair, **fit}) if pair else ("fits", {"tool": item["slug"], **fit})
