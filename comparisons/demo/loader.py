"""Brings the demo's catalog and votes into a database that has no catalog yet."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle, islice
from typing import Any

from django.db import transaction

from catalog.models import Category, Tool
from comparisons.catalog_file import CatalogFileError, parse_json, quoted, schema_lines
from comparisons.catalog_import import ImportReport, hold_import_lock, import_catalog
from comparisons.models import Comparison
from reviews.models import Reviewer
from votes.models import Pick, Vote, Voter

BATCH_SIZE = 1_000

_COUNT = {"title": "a whole number from 0 to 10000", "type": "integer", "minimum": 0, "maximum": 10_000}


def _counts(first: str, second: str) -> dict[str, Any]:
    return {
        "title": f"an object with {first} and {second}",
        "type": "object",
        "required": [first, second],
        "additionalProperties": False,
        "properties": {first: _COUNT, second: _COUNT},
    }


def _each(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {"title": "an object of counts", "type": "object", "additionalProperties": counts}


VOTES_SCHEMA = {
    "title": "an object with tools and picks",
    "type": "object",
    "required": ["tools", "picks"],
    "additionalProperties": False,
    "properties": {"tools": _each(_counts("ship", "skip")), "picks": _each(_counts("first", "second"))},
}


@dataclass(frozen=True)
class DemoReport:
    catalog: ImportReport
    votes: int
    picks: int


def load_demo(*, catalog: bytes, votes: bytes, now: datetime) -> DemoReport | None:
    """None where any catalog is present, the demo's or another: what a curator wrote is never touched.

    Raises CatalogFileError for bad files, and then has written nothing.
    """
    if has_catalog():
        return None
    counts = _read_votes(votes)
    with transaction.atomic():
        hold_import_lock()
        if has_catalog():
            return None
        report = import_catalog(source=catalog, now=now)
        ...
