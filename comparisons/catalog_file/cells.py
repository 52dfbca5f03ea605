"""The sheets of a catalog: which column is which key of the file, and how a value stands in a cell."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite

from jsonschema import Draft202012Validator

from backend.api.formulas import escaped, without_escape
from backend.api.json_type import Json
from comparisons.catalog_file.format import (
    CATEGORY_COLUMNS,
    COMPARISON_COLUMNS,
    CONDITION_COLUMNS,
    FIT_COLUMNS,
    HEAD_TO_HEAD_COLUMNS,
    PRICING_COLUMNS,
    REVIEW_COLUMNS,
    REVIEWER_COLUMNS,
    SCHEMA,
    TOOL_COLUMNS,
)

PAIR = ("first_tool", "second_tool")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of the catalog; `keys` find the object that a row belongs to, and stand in every row."""

    name: str
    schema: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]


SHEETS = {
    sheet.name: sheet
    for sheet in (
        Sheet("categories", "category", ("slug",), ("slug", *CATEGORY_COLUMNS)),
        Sheet("reviewers", "reviewer", ("slug",), ("slug", *REVIEWER_COLUMNS)),
        Sheet("conditions", "condition", ("slug",), ("slug", *CONDITION_COLUMNS)),
        Sheet(
            "tools",
            "tool",
            ("slug",),
            ("slug", *TOOL_COLUMNS, "aliases", *(f"pricing.{key}" for key in PRICING_COLUMNS)),
        ),
        Sheet("fits", "fit", ("tool", "condition"), ("tool", "condition", *FIT_COLUMNS)),
        Sheet("reviews", "review", ("tool", "reviewer"), ("tool", "reviewer", *REVIEW_COLUMNS)),
        Sheet(
            "head_to_head",
            "head_to_head",
            (*PAIR, "reviewer", "prefers"),
            (*PAIR, "reviewer", *HEAD_TO_HEAD_COLUMNS),
        ),
        Sheet("comparisons", "comparison", PAIR, (*PAIR, *COMPARISON_COLUMNS)),
        Sheet("pair_fits", "pair_fit", (*PAIR, "tool", "condition"), (*PAIR, "tool", "condition", *FIT_COLUMNS)),
    )
}  # fmt: skip

WHOLE_NUMBERS = {"position", "revision"}
YES_OR_NO = {"is_active", "pricing.free_tier"}
DAYS = {"pricing.checked_on", "checked_on", "reviewed_on", "compared_on"}
MOMENTS = {"published_at"}
AMOUNTS = {"pricing.starts_at"}
# Several, parted by white space, which none of them holds.
LISTS = {"aliases", "evidence"}

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# What reads itself as another value: a text of white space, or of a number, comes back as it was.
_BLANK = re.compile(r"\s*\Z")


def written(column: str, value: Json) -> str:
    """A value of the file as the text of a cell, in which no spreadsheet finds a formula."""
    if value is None:
        return ""
    if column in LISTS:
        return escaped("\n".join(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return escaped(str(value))


def value_of(column: str, cell: object) -> Json:
    """What a cell says, as JSON has it; None of an empty one. What it can't be stays text, which the format refuses."""
    if isinstance(cell, str):
        cell = without_escape(cell)
    if cell is None or (isinstance(cell, str) and _BLANK.match(cell)):
        return None
    for columns, read in _READERS:
        if column in columns:
            return read(cell)
    return _text(cell)


def _whole_number(cell: object) -> Json:
    text = _text(cell).strip()
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else text


def _yes_or_no(cell: object) -> Json:
    text = _text(cell).strip()
    return _WORDS.get(text.lower(), text)


def _day(cell: object) -> Json:
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return _text(cell).strip()


def _moment(cell: object) -> Json:
    """Of a spreadsheet's time without a zone, the moment in UTC."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    if isinstance(cell, date):
        return f"{cell.isoformat()}T00:00:00Z"
    return _text(cell).strip()


def _amount(cell: object) -> Json:
    return _text(cell).strip()


def _list(cell: object) -> Json:
    return _text(cell).split()


def _text(cell: object) -> str:
    """As a person reads the cell: a whole number without a point, an amount without an exponent."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if isfinite(cell):
            return f"{Decimal(repr(cell)).normalize():f}"
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


_READERS: tuple[tuple[set[str], Callable[[object], Json]], ...] = (
    (WHOLE_NUMBERS, _whole_number),
    (YES_OR_NO, _yes_or_no),
    (DAYS, _day),
    (MOMENTS, _moment),
    (AMOUNTS, _amount),
    (LISTS, _list),
)


def can_be_cleared(sheet: Sheet, column: str) -> bool:
    """Whether an empty cell clears; else it says nothing."""
    return column in _CLEARED[sheet.name]


def _cleared(sheet: Sheet) -> frozenset[str]:
    return frozenset(
        column
        for column in sheet.columns
        if column not in PAIR and (schema := _schema_of(sheet, column)) is not None and _takes_null(schema)
    )


def _schema_of(sheet: Sheet, column: str) -> Mapping[str, Json] | None:
    key, _, inner = column.partition(".")
    properties = SCHEMA["$defs"]["pricing" if inner else sheet.schema]["properties"]
    found: Mapping[str, Json] | None = properties.get(inner or key)
    return found


def _takes_null(schema: Mapping[str, Json]) -> bool:
    whole = Draft202012Validator(SCHEMA)
    return next(iter(whole.evolve(schema=schema).iter_errors(None)), None) is None


_CLEARED = {name: _cleared(sheet) for name, sheet in SHEETS.items()}
