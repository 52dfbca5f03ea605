"""Says before an XLSX is opened what it unpacks to, and refuses one that would fill the memory."""

import posixpath
import zipfile
from dataclasses import dataclass, field
from typing import IO, BinaryIO
from xml.parsers import expat

from openpyxl.packaging.relationship import get_dependents
from openpyxl.xml.constants import ARC_CONTENT_TYPES, SHARED_STRINGS, SHEET_MAIN_NS, XLSM, XLSX, XLTM, XLTX
from openpyxl.xml.functions import fromstring

from comparisons.catalog_file.reading import CatalogFileError

MEGABYTE = 1024 * 1024
# What a spreadsheet program may unpack to; 100,000 rows of a catalog are a tenth of it.
MAX_UNPACKED = 512 * MEGABYTE
# Rows that are much alike shrink to a thirtieth.
MAX_RATIO = 100
# Texts that cells share are held in memory at once.
MAX_SHARED = 128 * MEGABYTE
MAX_TEXTS = 2_000_000
# So are styles, relations and all else, as trees that are some fifty times as large.
MAX_REST = 4 * MEGABYTE
MAX_PARTS = 1_000
MAX_SHEETS = 32
# A sheet of Excel's has no more.
MAX_ROWS = 1_048_576
# Elements of one row, and those of a sheet that stand in none, are held until it ends.
MAX_HELD = 50_000

SHEETS_OF = "xl/worksheets/"
TOO_LARGE = f"file: unpacks to more than {MAX_UNPACKED // MEGABYTE} MB. Split it, or send JSON."
NO_XLSX = "file: is no XLSX, or was cut short. Save and send it again."


def refuse_too_large(source: BinaryIO) -> None:
    """Raises CatalogFileError. Reads each sheet once, holding nothing; leaves the file at its beginning."""
    try:
        with zipfile.ZipFile(source) as archive:
            _refuse_sizes(archive, packed=source.seek(0, 2))
            texts = _texts_of(archive)
            for name in archive.namelist():
                if _is_sheet(name):
                    with archive.open(name) as part:
                        _Counter("row", MAX_ROWS, "rows in a sheet").read(part)
                elif name == texts:
                    with archive.open(name) as part:
                        _Counter("si", MAX_TEXTS, "texts").read(part)
    except zipfile.BadZipFile:
        raise CatalogFileError([NO_XLSX]) from None
    finally:
        source.seek(0)


def _refuse_sizes(archive: zipfile.ZipFile, *, packed: int) -> None:
    """A part never gives more than the directory says."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED:
        raise CatalogFileError([TOO_LARGE])
    if unpacked > MAX_RATIO * packed and unpacked > MEGABYTE:
        raise CatalogFileError(
            [f"file: unpacks to more than {MAX_RATIO} times its size. Save and send it again."]
        )
    manifest = [part.file_size for part in parts if part.filename == ARC_CONTENT_TYPES]
    if sum(manifest) > MAX_REST:
        raise CatalogFileError([TOO_LARGE])


def _texts_of(archive: zipfile.ZipFile) -> str:
    """The part with the texts of cells, once all that openpyxl holds whole is known to be small.

    openpyxl finds parts by what the manifest and the relations say of them, whatever their names; what is named like a
    sheet must therefore be one.
    """
    parts = [
        (part.get("ContentType"), part.get("PartName", "")[1:])
        for part in fromstring(archive.read(ARC_CONTENT_TYPES))
        if "PartName" in part.attrib
    ]
    texts = next((name for kind, name in parts if kind == SHARED_STRINGS), "")
    sizes = {part.filename: part.file_size for part in archive.infolist()}
    if sizes.get(texts, 0) > MAX_SHARED:
        raise CatalogFileError(
            [f"file: holds more than {MAX_SHARED // MEGABYTE} MB of texts. Split it, or send JSON."]
        )
    rest = sum(size for name, size in sizes.items() if name != texts and not _is_sheet(name))
    if rest > MAX_REST:
        raise CatalogFileError(
            [
                f"file: holds more than {MAX_REST // MEGABYTE} MB besides its sheets. Send the sheets alone, as text."
            ]
        )
    books = ["xl/workbook.xml", *(name for kind, name in parts if kind in {XLSX, XLSM, XLTX, XLTM})]
    for book in sizes.keys() & set(books):
        with archive.open(book) as part:
            _Counter("sheet", MAX_SHEETS, "sheets").read(part)
    related = [
        relation.target
        for book in books
        if _relations_of(book) in sizes
        for relation in get_dependents(archive, _relations_of(book))
        if not relation.Type.endswith("/worksheet")
    ]
    if any(_is_sheet(name) for name in [texts, *books, *related]):
        raise CatalogFileError([NO_XLSX])
    return texts


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _is_sheet(name: str) -> bool:
    return name.startswith(SHEETS_OF) and name.endswith(".xml") and "/" not in name[len(SHEETS_OF) :]


@dataclass
class _Counter:
    """Goes through a part as openpyxl will: an element called `kind` is let go of once it ends, all else is held."""

    kind: str
    most: int
    words: str
    _held: int = 0
    _ended: int = 0
    _before: list[int] = field(default_factory=list)

    def read(self, part: IO[bytes]) -> None:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        self._name = f"{SHEET_MAIN_NS}}}{self.kind}"
        try:
            parser.ParseFile(part)
        except expat.ExpatError as error:
            raise CatalogFileError([f"file: is no XLSX that can be read ({error})."]) from None

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == self._name:
            self._before.append(self._held)
        self._held += 1
        if self._held > MAX_HELD:
            raise CatalogFileError([f"file: has a row, or the like, of more than {MAX_HELD:,} cells"])

    def _end(self, name: str) -> None:
        if name == self._name:
            self._held = self._before.pop()
            self._ended += 1
            if self._ended > self.most:
                raise CatalogFileError(
                    [f"file: has more than {self.most:,} {self.words}. Split it, or send JSON."]
                )
