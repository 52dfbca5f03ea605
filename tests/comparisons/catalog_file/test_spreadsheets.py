"""Rows of CSV and XLSX in every encoding and dialect, and what is refused in words."""

import codecs
import io

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from comparisons.catalog_file.reading import CatalogFileError
from comparisons.catalog_file.spreadsheets import FORMULA, MAX_COLUMNS, WIDEST, Unfit, read_rows
from tests.comparisons.catalog_file.sheets import bomb, xlsx

TEXT = 'slug,name\r\none,"Ein, zwei"\r\ntwo,Grün\r\n'
ROWS = [(1, ("slug", "name")), (2, ("one", "Ein, zwei")), (3, ("two", "Grün"))]


def rows_of(content: bytes, name: str = "categories.csv") -> list[tuple[int, tuple[object, ...]]]:
    return [(record.row, record.cells) for record in read_rows(io.BytesIO(content), name=name)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TEXT.encode(), id="UTF-8"),
        pytest.param(TEXT.encode("utf-8-sig"), id="UTF-8 with a mark"),
        pytest.param(TEXT.encode("utf-16"), id="UTF-16 with a mark"),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), id="UTF-16, the other way round"),
        pytest.param(TEXT.encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(TEXT.replace("\r\n", "\n").encode(), id="lines of Unix"),
        pytest.param('slug;name\none;"Ein, zwei"\ntwo;Grün\n'.encode(), id="semicolons"),
        pytest.param("slug\tname\none\tEin, zwei\ntwo\tGrün\n".encode(), id="tabs"),
    ],
)
def test_a_csv_is_read_in_each_dialect(content: bytes) -> None:
    assert rows_of(content) == ROWS


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    content = b'sep=;\nslug;name\n\none;"two\nlines"\n;\nlast;x\n'

    assert [row for row, _ in rows_of(content)] == [2, 4, 6]


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("reviews.csv", "reviews"),
        ("Reviews (2).CSV", "reviews"),
        ("head-to-head.csv", "head_to_head"),
        ("C:\\Users\\me\\tools.csv", "tools"),
        ("pair fits 3.csv", "pair_fits"),
    ],
)
def test_a_csv_is_the_sheet_that_its_name_says(name: str, sheet: str) -> None:
    assert {record.sheet for record in read_rows(io.BytesIO(b"slug,name\n"), name=name)} == {sheet}


def test_an_xlsx_gives_each_sheet_its_rows_and_knows_formulas() -> None:
    content = xlsx(categories=[["slug", "name"], [], ["one", "=1+1"]], tools=[["slug", "name"], [2048, 1]])

    records = list(read_rows(io.BytesIO(content), name="any.xlsx"))

    assert [(each.sheet, each.row, each.cells[:2]) for each in records] == [
        ("categories", 1, ("slug", "name")),
        ("categories", 3, ("one", FORMULA)),
        ("tools", 1, ("slug", "name")),
        ("tools", 2, (2048, 1)),
    ]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        pytest.param(b"", "tools.csv", "file: is empty", id="nothing"),
        pytest.param(b"  \n ", "tools.csv", "file: is empty", id="white space"),
        pytest.param(TEXT.encode("latin-1"), "categories.csv", "is not UTF-8", id="Latin-1"),
        pytest.param(b'slug,name\none,"open', "categories.csv", "row 2: is no CSV", id="an open quote"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(600), "tools.xls", "before 2007", id="an old Excel file"),
        pytest.param(b"PK\x03\x04" + bytes(100), "tools.xlsx", "is no XLSX", id="a zip that was cut short"),
        pytest.param(bomb(1), "tools.xlsx", "is no XLSX that can be read", id="a zip of something else"),
        pytest.param(bomb(600), "tools.xlsx", "unpacks to more than 512 MB", id="a bomb"),
        pytest.param(
            bomb(130, "xl/sharedStrings.xml"), "tools.xlsx", "unpacks to more", id="a bomb of texts"
        ),
        pytest.param(xlsx(tools=[["slug"]])[:-200], "tools.xlsx", "is no XLSX", id="an XLSX without its end"),
    ],
)
def test_what_can_not_be_read_is_refused_in_words(content: bytes, name: str, words: str) -> None:
    with pytest.raises(CatalogFileError, match=words):
        rows_of(content, name)


def test_a_csv_may_have_empty_columns_and_none_too_far_right() -> None:
    wide = "," * MAX_COLUMNS

    assert [len(cells) for _, cells in rows_of(f"slug{wide}\none{wide}\n".encode())] == [MAX_COLUMNS] * 2
    with pytest.raises(CatalogFileError, match="categories row 2: has more than 64 columns"):
        rows_of(f"slug,name\none{wide}x\n".encode())


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!"])
def test_an_error_of_an_xlsx_is_no_text(error: str) -> None:
    [_, (row, cells)] = rows_of(xlsx(tools=[["slug", "name"], ["one", error]]), "any.xlsx")

    assert (row, cells[:2]) == (2, ("one", Unfit(f"holds the error {error}. Put a value there.")))


def test_an_xlsx_says_what_stands_too_far_right() -> None:
    bordered = [*["slug"], *[""] * MAX_COLUMNS]

    assert [row for row, _ in rows_of(xlsx(tools=[bordered]), "any.xlsx")] == [1]
    for far in (MAX_COLUMNS, MAX_COLUMNS + 9):
        wide = ["one", *[None] * (far - 1), "x"]
        with pytest.raises(CatalogFileError, match="tools row 2: has more than 64 columns"):
            rows_of(xlsx(tools=[["slug"], wide]), "any.xlsx")


def test_cells_at_the_far_end_are_refused_though_they_hold_nothing() -> None:
    book = Workbook()
    sheet = book["Sheet"]
    sheet["A1"] = "slug"
    sheet.cell(2, WIDEST + 1).font = Font(bold=True)
    buffer = io.BytesIO()
    book.save(buffer)

    with pytest.raises(CatalogFileError, match="Sheet row 2: has more than 64 columns"):
        rows_of(buffer.getvalue(), "any.xlsx")


def test_entities_that_multiply_are_refused() -> None:
    import zipfile

    good = io.BytesIO(xlsx(tools=[["slug"]]))
    evil = io.BytesIO()
    with zipfile.ZipFile(good) as read, zipfile.ZipFile(evil, "w") as write:
        for part in read.infolist():
            content = read.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                doctype = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
                content = doctype + content.replace(b"<sheetData>", b"<sheetData><!-- -->")
            write.writestr(part, content)

    with pytest.raises(CatalogFileError, match="is no XLSX that can be read"):
        rows_of(evil.getvalue(), "tools.xlsx")
