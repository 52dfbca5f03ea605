"""The catalog file, format 1: which key is which column, and from bytes to checked rows with their places."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as SchemaError

from backend.api.quoting import quoted

# Whatever JSON may hold, and what a column takes from it: the schema checks it, which types can't follow.
Json: TypeAlias = Any

FORMAT = 1
KINDS = ("categories", "reviewers", "tools", "comparisons")
# Some six thousand tools with their reviews; beyond it, memory is at risk.
MAX_BYTES = 32 * 1024 * 1024


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


# Keys of the file, and the columns that they stand for.
CATEGORY_COLUMNS = _same("name", "description")
REVIEWER_COLUMNS = _same("name", "lens", "motto", "position", "is_active")
TOOL_COLUMNS = {
    **_same("name", "tagline", "description"), "category": "category_id", **_same("website", "status", "published_at"),
}  # fmt: skip
PRICING_COLUMNS = {
    key: f"pricing_{key}"
    for key in ("entry", "model", "starts_at", "currency", "unit", "free_tier", "note", "checked_on")
}
REVIEW_COLUMNS = _same("verdict", "quote", "evidence", "status", "reviewed_on", "revision")
COMPARISON_COLUMNS = {**_same("title", "editor_note", "status", "published_at"), "url": "source_url"}

SCHEMA: dict[str, Json] = json.loads(Path(__file__).with_name("catalog-file.schema.json").read_text("utf-8"))


class CatalogFileError(Exception):
    """Nothing was imported; `lines` say why, one problem each, with its place in the file."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True)
class Row:
    """One object of the file: the values that the schema takes, those of `pricing` as `pricing.entry`."""

    place: str
    values: Mapping[str, Json]
    is_whole: bool
    reviews: tuple["Row", ...] = ()


@dataclass(frozen=True)
class Catalog:
    """What a file says. Rows without the keys that identify them are missing; `errors` tell of these too."""

    categories: tuple[Row, ...]
    reviewers: tuple[Row, ...]
    tools: tuple[Row, ...]
    comparisons: tuple[Row, ...]
    errors: tuple[str, ...]


def read_catalog(document: Json, *, on_row: Callable[[], object] = lambda: None) -> Catalog:
    """Takes what `parse_json` gave; calls `on_row` after each of the rows that `count_rows` counts."""
    reader = _Reader(on_row, [f"{place}: stands twice in its object" for place in _repeated_keys(document)])
    reader.check(_without_lists(document, KINDS), "", SCHEMA)
    return Catalog(
        categories=tuple(reader.rows(document, "categories", "category", identity="slug")),
        reviewers=tuple(reader.rows(document, "reviewers", "reviewer", identity="slug")),
        tools=tuple(reader.rows(document, "tools", "tool", identity="slug")),
        comparisons=tuple(reader.rows(document, "comparisons", "comparison", identity="tools")),
        errors=tuple(reader.errors),
    )


def count_rows(document: Json) -> int:
    rows = [row for kind in KINDS for row in _items(document, kind)]
    return len(rows) + sum(len(_items(row, "reviews")) for row in rows)


def parse_json(source: bytes) -> Json:
    """Strict JSON in UTF-8; an object with a repeated key comes as _RepeatedKeys. Raises CatalogFileError."""
    if len(source) > MAX_BYTES:
        raise CatalogFileError([f"file: is larger than {MAX_BYTES // 1024 // 1024} MB"])
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogFileError([f"{_position(source, error.start)}: is not UTF-8"]) from None
    if not text.strip():
        raise CatalogFileError(["file: is empty"])
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_whole_number, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise CatalogFileError([f"{error.lineno}:{error.colno}: is not JSON: {error.msg}"]) from None
    except RecursionError:
        raise CatalogFileError(["file: is nested too deeply"]) from None


def schema_lines(value: Json, place: str, schema: Mapping[str, Json]) -> list[str]:
    """What the schema refuses in `value`, one line each; a schema's title says what was expected."""
    return _all_lines(_schema_errors(value, schema), place)


@dataclass
class _Reader:
    on_row: Callable[[], object]
    errors: list[str]

    def rows(self, parent: Json, key: str, schema: str, *, identity: str, place: str = "") -> Iterator[Row]:
        """The objects of the list under `key`, but for those without what identifies them."""
        for index, item in enumerate(_items(parent, key)):
            row = self._row(item, f"{place}{key}[{index}]", SCHEMA["$defs"][schema])
            self.on_row()
            if identity in row.values:
                yield row

    def _row(self, item: Json, place: str, schema: Mapping[str, Json]) -> Row:
        errors = self.check(_without_lists(item, ["reviews"]), place, schema)
        refused = {
            ".".join(step for step in error.absolute_path if isinstance(step, str)) for error in errors
        }
        return Row(
            place=place,
            values={key: value for key, value in _flat(item) if key not in refused},
            is_whole=not errors,
            reviews=tuple(self.rows(item, "reviews", "review", identity="reviewer", place=f"{place}.")),
        )

    def check(self, value: Json, place: str, schema: Mapping[str, Json]) -> list[SchemaError]:
        errors = list(_schema_errors(value, schema))
        self.errors += _all_lines(errors, place)
        return errors


def _schema_errors(value: Json, schema: Mapping[str, Json]) -> Iterator[SchemaError]:
    return _validator.evolve(schema=schema).iter_errors(value)


def _all_lines(errors: Iterable[SchemaError], place: str) -> list[str]:
    """Without repeats: each of several missing keys is an error of its own that names them all."""
    return list(dict.fromkeys(line for error in errors for line in _lines(error, place)))


def _lines(error: SchemaError, place: str) -> list[str]:
    path = "".join(
        f"[{step}]" if isinstance(step, int) else f".{_step(step)}" for step in error.absolute_path
    )
    here = f"{place}{path}".removeprefix(".")
    value: Json = error.instance
    limit: Json = error.validator_value
    prefix = f"{here}." if here else ""
    match error.validator:
        case "required":
            return [f"{prefix}{key}: is missing" for key in limit if key not in value]
        case "additionalProperties":
            known = error.schema["properties"]  # type: ignore[index]
            return [
                f"{here or 'file'}: {quoted(key)} is no key of its format"
                for key in value
                if key not in known
            ]
        case "maxLength":
            return [f"{here}: has {len(value)} characters, and {limit} are allowed"]
        case _:
            title = error.schema["title"]  # type: ignore[index]
            return [f"{here or 'file'}: must be {title}, not {quoted(value)}"]


def _items(parent: Json, key: str) -> list[Json]:
    """The list under a key; empty where there is none."""
    items = parent.get(key) if isinstance(parent, dict) else None
    return items if isinstance(items, list) else []


def _without_lists(value: Json, keys: Collection[str]) -> Json:
    """The object with these lists emptied: what stands in them is checked one by one."""
    if not isinstance(value, dict):
        return value
    return {key: [] if key in keys and isinstance(item, list) else item for key, item in value.items()}


def _flat(item: Json) -> Iterator[tuple[str, Json]]:
    """Keys and values, an inner object's under both keys; no key of the format holds a dot itself."""
    for key, value in item.items() if isinstance(item, dict) else ():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", inner_value) for inner, inner_value in value.items())
        elif key != "reviews" and "." not in key:
            yield key, value


class _RepeatedKeys(dict[str, Json]):
    """An object in which a key stands more than once; Python would keep the last value and say nothing."""

    repeated: Collection[str] = ()


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    odd = _RepeatedKeys(plain)
    odd.repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    return odd


def _whole_number(digits: str) -> int | Decimal:
    # A number of thousands of digits is refused by int(), and by every field of the format.
    return int(digits) if len(digits) < 20 else Decimal(digits)


def _repeated_keys(document: Json) -> list[str]:
    """The places of keys that stand more than once in their object, in the order of the file."""
    places = []
    waiting = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            children = [(f"{place}.{_step(key)}".removeprefix("."), item) for key, item in value.items()]
            if isinstance(value, _RepeatedKeys):
                places += [f"{place}.{_step(key)}".removeprefix(".") for key in value.repeated]
        elif isinstance(value, list):
            children = [(f"{place}[{index}]", item) for index, item in enumerate(value)]
        else:
            continue
        waiting += [child for child in reversed(children) if isinstance(child[1], dict | list)]
    return places


def _step(key: str) -> str:
    return key if key.isidentifier() else quoted(key)


def _position(source: bytes, offset: int) -> str:
    lines = source[:offset].decode("utf-8-sig").split("\n")
    return f"{len(lines)}:{len(lines[-1]) + 1}"


_formats = FormatChecker(formats=())


@_formats.checks("date", raises=ValueError)
def _is_day(text: object) -> bool:
    return not isinstance(text, str) or bool(date.fromisoformat(text))


@_formats.checks("date-time", raises=(ValueError, OverflowError))
def _is_moment(text: object) -> bool:
    # Years 1 and 9999 can leave the calendar on their way to UTC.
    return not isinstance(text, str) or bool(datetime.fromisoformat(text).astimezone(UTC))


@_formats.checks("iri", raises=ValidationError)
def _is_web_address(text: object) -> bool:
    if isinstance(text, str):
        URLValidator()(text)
    return True


_validator = Draft202012Validator(SCHEMA, format_checker=_formats)
