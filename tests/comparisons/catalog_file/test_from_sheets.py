"""Sheets become a catalog file for the one importer, and its problems become cells again."""

import io
import json
from typing import Any

import pytest

from comparisons.catalog_file.from_sheets import Sheets
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.catalog_file.spreadsheets import read_rows
from tests.comparisons.catalog_file.sheets import xlsx
from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db

CATEGORIES = [["slug", "name"], ["editors", "Editors"]]
TOOL = ["slug", "name", "tagline", "description", "category", "pricing.entry"]
ALPHA = ["alpha", "Alpha", "Waits", "It waits.", "editors", "paid"]


def sheets_of(content: bytes, name: str = "catalog.xlsx") -> Sheets:
    sheets = Sheets()
    sheets.read(read_rows(io.BytesIO(content), name=name))
    return sheets


def file_of(content: bytes, name: str = "catalog.xlsx") -> Any:
    with sheets_of(content, name).as_catalog_file() as file:
        return json.load(file)


def test_rows_of_several_sheets_become_one_object() -> None:
    found = file_of(
        xlsx(
            tools=[[*TOOL, "website"], [*ALPHA, None]],
            reviews=[["tool", "reviewer", "verdict"], ["alpha", "builder", "ship"], ["alpha", "skeptic", "skip"]],
            fits=[["tool", "condition", "evidence", "checked_on"], ["alpha", "offline", "https://a.example", "2026-05-02"]],
            comparisons=[["first_tool", "second_tool", "title"], ["beta", "alpha", "Two"]],
        )
    )  # fmt: skip

    assert found == {
        "format": 1,
        "tools": [
            {
                **dict(zip(TOOL[:-1], ALPHA[:-1], strict=True)),
                "pricing": {"entry": "paid"},
                "website": None,
                "reviews": [
                    {"reviewer": "builder", "verdict": "ship"},
                    {"reviewer": "skeptic", "verdict": "skip"},
                ],
                "fits": [
                    {"condition": "offline", "evidence": ["https://a.example"], "checked_on": "2026-05-02"}
                ],
            }
        ],
        "comparisons": [{"tools": ["beta", "alpha"], "title": "Two"}],
    }


def test_reviews_alone_leave_what_their_tool_says_as_it_is() -> None:
    tool = ToolFactory(slug="alpha", name="Alpha")

    found = file_of(b"tool,reviewer,verdict\nalpha,builder,ship\n", "reviews.csv")

    assert found["tools"] == [
        {
            "slug": "alpha", "name": "Alpha", "tagline": tool.tagline, "description": tool.description,
            "category": tool.category.slug, "pricing": {"entry": tool.pricing_entry},
            "reviews": [{"reviewer": "builder", "verdict": "ship"}],
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        pytest.param(
            b"slug,name,colour\n", "categories.csv",
            'categories row 1, column C: "colour" is no column of this sheet; these are: slug, name, description',
            id="an unknown column",
        ),
        pytest.param(
            b"name\n", "categories.csv", "categories row 1: the column slug is missing", id="a missing column"
        ),
        pytest.param(
            b"slug,name,name\n", "categories.csv", "categories row 1, column C: the column name stands twice",
            id="a column twice",
        ),
        pytest.param(
            b"slug,name\n", "prices.csv",
            '"prices.csv": is not read. Send JSON, XLSX, or a CSV that is named like its sheet: categories.csv, '
            "reviewers.csv, conditions.csv, tools.csv, fits.csv, reviews.csv, head_to_head.csv, comparisons.csv, "
            "pair_fits.csv.",
            id="a CSV of another name",
        ),
        pytest.param(
            xlsx(prices=[["slug", "name"]]), "c.xlsx",
            "prices: is no sheet of a catalog; these are: categories, reviewers, conditions, tools, fits, reviews, "
            "head_to_head, comparisons, pair_fits",
            id="an unknown sheet",
        ),
        pytest.param(
            b"slug,name\none,One,more\n", "categories.csv",
            "categories row 2, column C: stands under no column's name", id="a cell too far right",
        ),
        pytest.param(
            xlsx(categories=[["slug", "name"], ["one", "=1+1"]]), "c.xlsx",
            "categories row 2, column B: is a formula. Put its value there, as text.", id="a formula",
        ),
        pytest.param(
            xlsx(categories=[["slug", "name"], ["one", "#N/A"]]), "c.xlsx",
            "categories row 2, column B: holds the error #N/A. Put a value there.", id="an error",
        ),
        pytest.param(
            xlsx(categories=[["slug", "#REF!"]]), "c.xlsx",
            "categories row 1, column B: holds the error #REF!. Put a value there.", id="an error as a header",
        ),
        pytest.param(
            b"verdict,tool,reviewer\nship,nowhere,builder\n", "reviews.csv",
            'reviews row 2, column B (tool): no tool has the slug "nowhere"', id="a review of no tool",
        ),
        pytest.param(
            b"verdict,tool,reviewer\nship,,builder\n", "reviews.csv", "reviews row 2: names no tool",
            id="a review without a tool",
        ),
        pytest.param(
            b"first_tool,second_tool,tool,condition\na,b,a,offline\n", "pair_fits.csv",
            "pair_fits row 2: the sheet comparisons has no row of this pair", id="a condition of no pair",
        ),
    ],
)  # fmt: skip
def test_what_a_sheet_gets_wrong_is_named_by_its_cell(content: bytes, name: str, line: str) -> None:
    with pytest.raises(CatalogFileError) as refusal:
        file_of(content, name)

    assert refusal.value.lines == (line,)


def test_places_of_the_file_are_told_as_cells() -> None:
    sheets = sheets_of(
        xlsx(
            tools=[TOOL, [], ALPHA],
            reviews=[["reviewer", "tool", "verdict", "evidence"], ["builder", "alpha", "ship", None]],
            comparisons=[["second_tool", "first_tool"], ["alpha", "beta"]],
        )
    )
    sheets.as_catalog_file().close()

    told = [
        sheets.in_cells(line)
        for line in (
            "tools[0].tagline: must be a line",
            "tools[0].pricing.entry: must be free",
            "tools[0].reviews[0].evidence[1]: must be an address",
            "tools[0].website: must be an address",
            "comparisons[0].tools[1]: no tool is called so",
            "tools[0], tools[0]: 2 tools are called so",
            "tools[7].name: is missing",
            "file: is empty",
        )
    ]

    assert told == [
        "tools row 3, column C (tagline): must be a line",
        "tools row 3, column F (pricing.entry): must be free",
        "reviews row 2, column D (evidence): must be an address",
        "tools row 3, column website: must be an address",
        "comparisons row 2, column A (second_tool): no tool is called so",
        "tools row 3, tools row 3: 2 tools are called so",
        "tools[7].name: is missing",
        "file: is empty",
    ]


def test_of_many_problems_the_first_are_told() -> None:
    rows = [["slug", "name"], *(["one", "=1"] for _ in range(60))]

    with pytest.raises(CatalogFileError) as refusal:
        file_of(xlsx(categories=rows))

    assert len(refusal.value.lines) == 51
    assert refusal.value.lines[-1] == "… and 10 more problems"
