"""Reads CSV and XLSX of any program row by row, and refuses in words what is neither or would fill the memory."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from openpyxl import load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.utils.exceptions import InvalidFileException

from backend.api.formulas import without_inner_escapes
from backend.api.quoting import quoted
from comparisons.catalog_file.cells import SHEETS
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.catalog_file.unpacking import MAX_ROWS, refuse_too_large

# More than any sheet has, so that what stands too far right is seen.
MAX_COLUMNS = 64
# Up to there an XLSX may have cells that hold nothing, such as a border.
WIDEST = 1_024

OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ZIP = b"PK"
SEPARATOR = re.compile(r'\ufeff?"?sep=([,;\t|])"?\s*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A cell whose value is none that we take, in words."""

    why: str


FORMULA = Unfit("is a formula. Put its value there, as text.")


@dataclass(frozen=True, slots=True)
class Record:
    """One row that holds something; `row` counts from 1, as spreadsheets do."""

    sheet: str
    row: int
    cells: tuple[object, ...]


def read_rows(source: BinaryIO, *, name: str) -> Iterator[Record]:
    """The rows of each sheet, headers too. A CSV is the sheet that its file's name says. Raises CatalogFileError."""
    begins = source.read(4)
    source.seek(0)
    if begins == OLD_EXCEL:
        raise CatalogFileError(["file: is in the format of Excel before 2007. Save it as .xlsx."])
    return _xlsx(source) if begins.startswith(ZIP) else _csv(source, name=re.split(r"[\\/]", name)[-1])


def _stem(name: str) -> str:
    """`Reviews (2).csv` is the sheet `reviews`."""
    stem = name.rsplit(".", 1)[0].lower()
    return re.sub(r"[\s_-]*\(?\d*\)?\Z", "", stem).replace("-", "_").replace(" ", "_")


# --- XLSX -------------------------------------------------------------------------------------


def _xlsx(source: BinaryIO) -> Iterator[Record]:
    with _in_words():
        refuse_too_large(source)
        book = load_workbook(source, read_only=True)
        try:
            for sheet in book.worksheets:
                # What a file claims of its size is not to be believed.
                sheet.reset_dimensions()
                before = None
                for row, cells in enumerate(sheet.iter_rows(), start=1):
                    # openpyxl gives an empty row for each that is missing, up to the number that a row claims.
                    if row > MAX_ROWS:
                        raise CatalogFileError([f"{sheet.title}: has a row beyond {MAX_ROWS:,}"])
                    # They are all one object.
                    if cells is before:
                        continue
                    before = cells
                    if len(cells) > WIDEST or any(
                        cell.value not in {None, ""} for cell in cells[MAX_COLUMNS:]
                    ):
                        raise CatalogFileError([_too_wide(sheet.title, row)])
                    # A row ends with its last cell, and a column without one is an empty cell.
                    missing = [None] * (MAX_COLUMNS - len(cells))
                    values = (*map(_value_of, cells[:MAX_COLUMNS]), *missing)
                    if any(value not in {None, ""} for value in values):
                        yield Record(sheet.title.strip().lower(), row, values)
        finally:
            book.close()


def _value_of(cell: Cell | MergedCell) -> object:
    if cell.data_type == "f":
        return FORMULA
    return Unfit(f"holds the error {cell.value}. Put a value there.") if cell.data_type == "e" else cell.value


def _too_wide(sheet: str, row: int) -> str:
    return f"{sheet} row {row}: has more than {MAX_COLUMNS} columns"


@contextmanager
def _in_words() -> Iterator[None]:
    """openpyxl raises whatever it stumbles over."""
    try:
        yield
    except (CatalogFileError, GeneratorExit):
        raise
    except InvalidFileException:
        raise CatalogFileError(["file: is no XLSX that can be read. Save and send it again."]) from None
    except Exception as error:  # noqa: BLE001 - there is no end to what may be wrong with such a file.
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise CatalogFileError([f"file: is no XLSX that can be read ({reason})."]) from None


# --- CSV --------------------------------------------------------------------------------------


def _csv(source: BinaryIO, *, name: str) -> Iterator[Record]:
    """Whatever is neither JSON nor XLSX may be one, so the name decides."""
    sheet = _stem(name)
    begins = source.read(64)
    source.seek(0)
    if not begins.strip(b"\0 \t\r\n"):
        raise CatalogFileError(["file: is empty"])
    if sheet not in SHEETS:
        named = ", ".join(f"{each}.csv" for each in SHEETS)
        raise CatalogFileError(
            [f"{quoted(name)}: is not read. Send JSON, XLSX, or a CSV that is named like its sheet: {named}."]
        )
    stream = io.TextIOWrapper(source, encoding=_encoding_of(begins), newline="")
    row = 0
    try:
        for row, cells in _records(stream):
            if any(cell.strip() for cell in cells[MAX_COLUMNS:]):
                raise CatalogFileError([_too_wide(sheet, row)])
            if any(cell.strip() for cell in cells):
                yield Record(sheet, row, tuple(map(without_inner_escapes, cells[:MAX_COLUMNS])))
    except csv.Error as error:
        raise CatalogFileError([f"{sheet} row {row + 1}: is no CSV: {error}"]) from None
    except UnicodeError:
        raise CatalogFileError(
            [f"{sheet} row {row + 1} or a little below: is not UTF-8. Save it as “CSV UTF-8”, or send XLSX."]
        ) from None
    finally:
        # The file is the caller's to close, even if the caller stops reading and keeps this.
        if not source.closed:
            stream.detach()


def _encoding_of(begins: bytes) -> str:
    if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in begins[:2]:
        return "utf-16-be" if begins[0] == 0 else "utf-16-le"
    return "utf-8-sig"


def _records(stream: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Each record with its number: rows are counted, not lines, as a spreadsheet counts them."""
    lines = iter(stream)
    first, before = next(lines, ""), 1
    if said := SEPARATOR.fullmatch(first):
        first, before = next(lines, ""), 2
    delimiter = said[1] if said else max(",;\t", key=first.count)
    yield from enumerate(csv.reader(chain([first], lines), strict=True, delimiter=delimiter), start=before)
