"""The catalog as sheets: an import of them changes nothing, and an export after it has the same bytes."""

import csv
import io
from pathlib import Path

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from catalog.models import Tool
from comparisons.catalog_file import to_sheets
from comparisons.catalog_file.cells import SHEETS
from comparisons.catalog_file.export import export_catalog
from comparisons.catalog_file.from_sheets import Sheets
from comparisons.catalog_file.importing import ImportReport, import_catalog
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.catalog_file.roster import DEMO_FILE
from comparisons.catalog_file.spreadsheets import read_rows
from comparisons.catalog_file.to_sheets import export_csv, export_xlsx
from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db

FORMULAS = ["=1+1", "+1", "-1", "@x", "'=1+1", "''x", '=HYPERLINK("https://evil.example")']


def imported(content: bytes, name: str) -> ImportReport:
    sheets = Sheets()
    sheets.read(read_rows(io.BytesIO(content), name=name))
    with sheets.as_catalog_file() as file:
        return import_catalog(source=file, now=timezone.now())  # type: ignore[arg-type]


def xlsx() -> bytes:
    buffer = io.BytesIO()
    export_xlsx(buffer)
    return buffer.getvalue()


def test_export_import_export_gives_the_same_bytes() -> None:
    with DEMO_FILE.open("rb") as demo:
        import_catalog(source=demo, now=timezone.now())
    before = "".join(export_catalog())

    assert imported(xlsx(), "catalog.xlsx").is_empty
    for sheet in SHEETS:
        if sheet != "pair_fits":
            assert imported(b"".join(export_csv(sheet)), f"{sheet}.csv").is_empty

    assert "".join(export_catalog()) == before


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_compute_is_text_and_comes_back(text: str) -> None:
    tool = ToolFactory(tagline=text, description=f"{text}\nand more")

    book = xlsx()
    rows = list(csv.DictReader(io.StringIO(b"".join(export_csv("tools")).decode("utf-8-sig"))))
    cells = {cell.value: cell.data_type for row in load_workbook(io.BytesIO(book))["tools"] for cell in row}
    Tool.objects.update(tagline="", description="")
    imported(book, "catalog.xlsx")

    assert not rows[0]["tagline"].startswith(("=", "+", "-", "@"))
    assert "f" not in cells.values()
    tool.refresh_from_db()
    assert (tool.tagline, tool.description) == (text, f"{text}\nand more")


def test_what_a_spreadsheet_that_parts_at_semicolons_would_compute_is_text_and_comes_back() -> None:
    text = 'Fast;=HYPERLINK("https://example.com")\n=1+1\n- a list'
    tool = ToolFactory(description=text)

    file = b"".join(export_csv("tools"))
    parted = [
        cell for row in csv.reader(io.StringIO(file.decode("utf-8-sig")), delimiter=";") for cell in row
    ]
    Tool.objects.update(description="")
    imported(file, "tools.csv")

    assert [cell for cell in parted if cell.startswith(("=", "+", "-", "@"))] == []
    tool.refresh_from_db()
    assert tool.description == text
    assert [row["description"] for row in csv.DictReader(io.StringIO(file.decode("utf-8-sig")))] != [text]


def test_a_text_that_no_cell_holds_is_told_and_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ToolFactory(name="Alpha")
    monkeypatch.setattr(to_sheets, "MAX_CELL", 4)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(CatalogFileError, match="longer than a cell holds"):
        xlsx()

    assert list(tmp_path.iterdir()) == []
