"""The catalog file, format 1: which key is which column, and from bytes to checked rows with their places."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import BinaryIO

from django.core.exceptions import ValidationError
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as SchemaError

from backend.api.json_type import Json
from backend.api.quoting import quoted
from catalog.validators import (
    validate_clause,
    validate_currency,
    validate_date_shown,
    validate_name,
    validate_past_day,
    validate_visible_text,
    validate_web_address,
)
from comparisons.catalog_file.reading import CatalogFileError, JsonStream, Problems, RepeatedKeys, Rows

FORMAT = 1
KINDS = ("categories", "reviewers", "conditions", "tools", "head_to_head", "comparisons")
# Of one row: whatever is wrong with it, this many problems tell enough.
MAX_PROBLEMS_A_ROW = 1_000


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


# Keys of the file, and the columns that they stand for.
CATEGORY_COLUMNS = _same("name", "description")
REVIEWER_COLUMNS = _same("name", "kind", "lens", "motto", "position", "is_active")
CONDITION_COLUMNS = _same("name")
TOOL_COLUMNS = {
    **_same("name", "tagline", "description"), "category": "category_id",
    **_same("website", "product", "status", "published_at"),
}  # fmt: skip
PRICING_COLUMNS = {
    key: f"pricing_{key}"
    for key in ("entry", "model", "starts_at", "currency", "unit", "free_tier", "note", "checked_on")
}
ALL_TOOL_COLUMNS = {
    "slug": "slug",
    **TOOL_COLUMNS,
    **{f"pricing.{key}": column for key, column in PRICING_COLUMNS.items()},
}
REVIEW_COLUMNS = _same(
    "verdict", "quote", "basis", "disclosure", "evidence", "status", "reviewed_on", "revision"
)
HEAD_TO_HEAD_COLUMNS = {
    "prefers": "choice_id", **_same("quote", "basis", "disclosure", "evidence", "status", "compared_on", "revision"),
}  # fmt: skip
FIT_COLUMNS = _same("note", "evidence", "checked_on")
COMPARISON_COLUMNS = {**_same("title", "editor_note", "status", "published_at"), "url": "source_url"}

SCHEMA: dict[str, Json] = json.loads(Path(__file__).with_name("catalog-file.schema.json").read_text("utf-8"))


@dataclass(frozen=True)
class Row:
    """One object of the file: the values that the schema takes, those of `pricing` as `pricing.entry`."""

    place: str
    values: Mapping[str, Json]
    is_whole: bool
    reviews: tuple["Row", ...] = ()


@dataclass(frozen=True)
class Catalog:
    """What a file says, kept on disk until it is closed.

    Rows without the keys that identify them are missing; `errors` tell of these too. `count` is that of all rows.
    """

    categories: Rows[Row] = field(default_factory=Rows)
    reviewers: Rows[Row] = field(default_factory=Rows)
    conditions: Rows[Row] = field(default_factory=Rows)
    tools: Rows[Row] = field(default_factory=Rows)
    head_to_head: Rows[Row] = field(default_factory=Rows)
    comparisons: Rows[Row] = field(default_factory=Rows)
    errors: Problems = field(default_factory=Problems)
    count: int = 0

    def __enter__(self) -> "Catalog":
        return self

    def __exit__(self, *failure: object) -> None:
        for kind in KINDS:
            getattr(self, kind).close()


# What each list holds, and the key without which a row can't be spoken of.
_ROWS = {
    "categories": ("category", "slug"),
    "reviewers": ("reviewer", "slug"),
    "conditions": ("condition", "slug"),
    "tools": ("tool", "slug"),
    "head_to_head": ("head_to_head", "tools"),
    "comparisons": ("comparison", "tools"),
}


def read_catalog(source: BinaryIO, *, on_row: Callable[[], object] = lambda: None) -> Catalog:
    """Reads the file once, a row at a time, and calls `on_row` after each. Raises CatalogFileError for bad JSON."""
    reader = _Reader(on_row)
    catalog = Catalog()
    rows: dict[str, Rows[Row]] = {kind: getattr(catalog, kind) for kind in KINDS}
    try:
        stream = JsonStream(source, KINDS)
        for kind, index, item in stream.items():
            schema, identity = _ROWS[kind]
            row = reader.row(item, f"{kind}[{index}]", schema)
            if identity in row.values:
                rows[kind].add(row)
        # What stands above all rows is told first.
        whole = _Reader(on_row)
        whole.check(stream.document, "", SCHEMA)
        whole.errors += reader.errors
    except RecursionError:
        catalog.__exit__()
        raise CatalogFileError(["file: is nested too deeply"]) from None
    except BaseException:
        catalog.__exit__()
        raise
    return replace(catalog, errors=whole.errors, count=reader.count)


def read_json(source: BinaryIO, schema: Mapping[str, Json]) -> Json:
    """A small document that its schema takes. Raises CatalogFileError with what it refuses, one line each."""
    stream = JsonStream(source)
    list(stream.items())
    problems = Problems()
    problems += _all_lines(_schema_errors(stream.document, schema), "")
    if problems:
        raise CatalogFileError(problems)
    return stream.document


class _Reader:
    """Checks row by row, and keeps what is wrong with them."""

    def __init__(self, on_row: Callable[[], object]) -> None:
        self.errors = Problems()
        self.count = 0
        self._on_row = on_row

    def row(self, item: Json, place: str, schema: str) -> Row:
        definition = _definitions[schema]
        self.count += 1
        self._on_row()
        if not isinstance(item, dict):
            self.errors += [_wrong(place, definition, item)]
            return Row(place=place, values={}, is_whole=False)
        errors = self.check(_without_lists(item, ["reviews"]), place, definition)
        refused = {_key_of(error) for error in errors}
        values = {
            key: value
            for key, value in _flat(item)
            if key not in refused and key.partition(".")[0] in definition["properties"]
        }
        return Row(
            place=place,
            # Where not all errors were looked at, no value can be trusted.
            values=values if len(errors) < MAX_PROBLEMS_A_ROW else {},
            is_whole=not errors,
            reviews=tuple(
                row
                for index, review in enumerate(_items(item, "reviews"))
                if "reviewer" in (row := self.row(review, f"{place}.reviews[{index}]", "review")).values
            ),
        )

    def check(self, value: Json, place: str, schema: Mapping[str, Json]) -> list[SchemaError]:
        self.errors += (f"{each}: stands twice in its object" for each in _repeated_keys(value, place))
        errors = list(islice(_schema_errors(value, schema), MAX_PROBLEMS_A_ROW))
        self.errors += _all_lines(errors, place)
        return errors


def _key_of(error: SchemaError) -> str:
    """The key of the value that can't be used: `pricing.note`, and of a list the list's."""
    steps = takewhile(lambda step: isinstance(step, str), error.absolute_path)
    return ".".join(map(str, steps))


def _schema_errors(value: Json, schema: Mapping[str, Json]) -> Iterator[SchemaError]:
    return _validator.evolve(schema=schema).iter_errors(value)


def _all_lines(errors: Iterable[SchemaError], place: str) -> Iterator[str]:
    """Without repeats: a value may be refused twice, and each missing key is an error that names them all."""
    incomplete = set()
    last = ""
    for error in errors:
        if error.validator == "required":
            if tuple(error.absolute_path) in incomplete:
                continue
            incomplete.add(tuple(error.absolute_path))
        for line in _lines(error, place):
            if line != last:
                yield line
            last = line


def _lines(error: SchemaError, place: str) -> Iterator[str]:
    path = "".join(
        f"[{step}]" if isinstance(step, int) else f".{_step(step)}" for step in error.absolute_path
    )
    here = f"{place}{path}".removeprefix(".")
    value: Json = error.instance
    limit: Json = error.validator_value
    prefix = f"{here}." if here else ""
    match error.validator:
        case "required":
            yield from (f"{prefix}{key}: is missing" for key in limit if key not in value)
        case "additionalProperties":
            known = error.schema["properties"]  # type: ignore[index]
            yield from (
                f"{here or 'file'}: {quoted(key)} is no key of its format"
                for key in value
                if key not in known
            )
        case "maxLength":
            yield f"{here}: has {len(value)} characters, and {limit} are allowed"
        case "format" if limit == "visible":
            yield f"{here}: has invisible characters, or such that turn the direction of text: {quoted(value)}"
        case _:
            yield _wrong(here, error.schema, value)


def _wrong(place: str, schema: Json, value: Json) -> str:
    return f"{place or 'file'}: must be {schema['title']}, not {quoted(value)}"


def _items(parent: Json, key: str) -> list[Json]:
    """The list under a key; empty where there is none."""
    items = parent.get(key) if isinstance(parent, dict) else None
    return items if isinstance(items, list) else []


def _without_lists(value: Json, keys: Collection[str]) -> Json:
    """The object with these lists emptied: what stands in them is checked one by one."""
    if not isinstance(value, dict):
        return value
    rest = RepeatedKeys(
        {key: [] if key in keys and isinstance(item, list) else item for key, item in value.items()}
    )
    rest.repeated = value.repeated if isinstance(value, RepeatedKeys) else ()
    return rest


def _flat(item: Json) -> Iterator[tuple[str, Json]]:
    """Keys and values, an inner object's under both keys; no key of the format holds a dot itself."""
    for key, value in item.items() if isinstance(item, dict) else ():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", inner_value) for inner, inner_value in value.items())
        elif key != "reviews" and "." not in key:
            yield key, value


def _repeated_keys(value: Json, place: str) -> Iterator[str]:
    """The places of keys that stand more than once in their object, in the order of the file; without `reviews`."""
    if isinstance(value, dict):
        if isinstance(value, RepeatedKeys):
            yield from (f"{place}.{_step(key)}".removeprefix(".") for key in value.repeated)
        for key, item in value.items():
            if isinstance(item, dict | list):
                yield from _repeated_keys(item, f"{place}.{_step(key)}".removeprefix("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _repeated_keys(item, f"{place}[{index}]")


def _step(key: str) -> str:
    return key if key.isidentifier() else quoted(key)


_formats = FormatChecker(formats=())


@_formats.checks("date", raises=(ValueError, ValidationError))
def _is_day(text: object) -> bool:
    if isinstance(text, str):
        validate_past_day(date.fromisoformat(text))
    return True


@_formats.checks("date-time", raises=(ValueError, OverflowError, ValidationError))
def _is_moment(text: object) -> bool:
    if isinstance(text, str):
        # Years 1 and 9999 can leave the calendar on their way to UTC.
        validate_date_shown(datetime.fromisoformat(text).astimezone(UTC))
    return True


@_formats.checks("iri", raises=ValidationError)
def _is_web_address(text: object) -> bool:
    if isinstance(text, str):
        validate_web_address(text)
    return True


@_formats.checks("currency", raises=ValidationError)
def _is_currency(text: object) -> bool:
    if isinstance(text, str):
        validate_currency(text)
    return True


@_formats.checks("visible", raises=ValidationError)
def _is_visible(text: object) -> bool:
    if isinstance(text, str):
        validate_visible_text(text)
    return True


@_formats.checks("clause", raises=ValidationError)
def _is_clause(text: object) -> bool:
    if isinstance(text, str):
        validate_visible_text(text)
        validate_name(text)
        validate_clause(text)
    return True


def _inlined(schema: Json) -> Json:
    """The schema with each definition in the place of its reference: looking it up takes as long as checking."""
    if isinstance(schema, list):
        return [_inlined(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    named = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else {}
    return {key: _inlined(value) for key, value in {**named, **schema}.items() if key != "$ref"}


_validator = Draft202012Validator(SCHEMA, format_checker=_formats)
_definitions = {name: _inlined(definition) for name, definition in SCHEMA["$defs"].items()}
