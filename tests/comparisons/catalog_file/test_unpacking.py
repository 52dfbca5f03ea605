"""What an XLSX unpacks to, and which are refused before they fill the memory."""

import io
import zipfile
from collections.abc import Mapping

import pytest

from comparisons.catalog_file.reading import CatalogFileError
from comparisons.catalog_file.spreadsheets import read_rows
from comparisons.catalog_file.unpacking import (
    MAX_HELD,
    MAX_REST,
    MAX_ROWS,
    MAX_SHEETS,
    refuse_too_large,
)
from tests.comparisons.catalog_file.sheets import bomb, xlsx

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET = "xl/worksheets/sheet1.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
MANIFEST = "[Content_Types].xml"
SHARED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def changed(
    parts: Mapping[str, bytes], *, replaced: tuple[str, str, str] | None = None, stored: bool = True
) -> bytes:
    """A good XLSX with these parts, and in one of its parts a text in place of another."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(tools=[["slug"]]))) as good,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as evil,
    ):
        content = {name: good.read(name) for name in good.namelist()} | dict(parts)
        if replaced:
            name, old, new = replaced
            assert old.encode() in content[name]
            content[name] = content[name].replace(old.encode(), new.encode())
        for name, part in content.items():
            evil.writestr(name, part)
    return buffer.getvalue()


def texts_in(name: str) -> str:
    """The end of a manifest by which that part has the texts of cells."""
    return f'<Override PartName="/{name}" ContentType="{SHARED}"/></Types>'


def sheet(rows: str) -> bytes:
    return f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>".encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(bomb(600), "unpacks to more than 512 MB", id="half a gigabyte"),
        pytest.param(
            changed({SHEET: sheet(" " * 5_000_000)}, stored=False),
            "unpacks to more than 100 times its size", id="a hundred times its size",
        ),
        pytest.param(
            changed({"xl/styles.xml": b" " * (MAX_REST + 1)}), "more than 4 MB besides its sheets", id="styles"
        ),
        pytest.param(
            changed({}, replaced=("xl/workbook.xml", "</sheets>", "<sheet/>" * MAX_SHEETS + "</sheets>")),
            "more than 32 sheets", id="one sheet many times",
        ),
        pytest.param(changed({SHEET: sheet("<row/>" * (MAX_ROWS + 1))}), "more than 1,048,576 rows", id="rows"),
        pytest.param(
            changed({SHEET: sheet(f"<row>{'<c/>' * MAX_HELD}</row>")}), "more than 50,000 cells", id="cells of a row"
        ),
        pytest.param(
            changed({SHEET: sheet(f"<row>{'<c/><row/>' * MAX_HELD}</row>")}), "more than 50,000 cells",
            id="rows within a row",
        ),
        pytest.param(
            changed({SHEET: sheet("") .replace(b"</worksheet>", b"<x/>" * MAX_HELD + b"</worksheet>")}),
            "more than 50,000 cells", id="elements beside the rows",
        ),
        pytest.param(
            changed({}, replaced=(MANIFEST, "</Types>", texts_in(SHEET))), "is no XLSX",
            id="texts that are named like a sheet",
        ),
        pytest.param(
            changed({}, replaced=(RELATIONS, "/relationships/worksheet", "/relationships/chartsheet")), "is no XLSX",
            id="a chart that is named like a sheet",
        ),
        pytest.param(changed({SHEET: b"<worksheet"}), "is no XLSX that can be read", id="a sheet that is no XML"),
    ],
)  # fmt: skip
def test_what_would_fill_the_memory_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(CatalogFileError, match=words):
        refuse_too_large(io.BytesIO(content))


def test_texts_are_known_by_their_kind_and_not_by_their_name() -> None:
    texts = f"<sst {MAIN}>{'<si><t>x</t></si>' * 10}{'<x/>' * MAX_HELD}</sst>".encode()
    content = changed({"xl/x.xml": texts}, replaced=(MANIFEST, "</Types>", texts_in("xl/x.xml")))

    with pytest.raises(CatalogFileError, match="more than 50,000 cells"):
        refuse_too_large(io.BytesIO(content))


def test_a_row_that_claims_a_place_beyond_all_is_refused_and_not_counted_up_to() -> None:
    content = changed({SHEET: sheet('<row r="2000000000"><c t="inlineStr"><is><t>x</t></is></c></row>')})

    with pytest.raises(CatalogFileError, match="has a row beyond 1,048,576"):
        list(read_rows(io.BytesIO(content), name="catalog.xlsx"))


def test_a_good_one_is_let_through_from_its_beginning() -> None:
    source = io.BytesIO(xlsx(tools=[["slug"], *([f"tool-{n}"] for n in range(5_000))], reviews=[["tool"]]))

    refuse_too_large(source)

    assert source.tell() == 0
