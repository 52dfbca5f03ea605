"""Small catalog files for the tests of import and export."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from comparisons.catalog_file.importing import ImportReport, import_catalog
from comparisons.catalog_file.reading import CatalogFileError
from tests.factories import NOW


def tool(slug: str = "alpha", **keys: Any) -> dict[str, Any]:
    required = {
        "slug": slug,
        "name": slug.title(),
        "tagline": "Does one thing",
        "description": "Does one thing, and says which.",
        "category": "editors",
        "pricing": {"entry": "free"},
    }
    return required | keys


def review(reviewer: str = "builder", **keys: Any) -> dict[str, Any]:
    return {"reviewer": reviewer, "verdict": "ship", "quote": "It held."} | keys


def document(**keys: Any) -> dict[str, Any]:
    """A file with one of each kind, where `keys` say nothing else."""
    small = {
        "format": 1,
        "categories": [{"slug": "editors", "name": "Editors"}],
        "reviewers": [{"slug": "builder", "name": "The Builder"}],
        "tools": [tool("alpha", reviews=[review()]), tool("beta")],
        "comparisons": [{"tools": ["alpha", "beta"]}],
    }
    return small | keys


def source(**keys: Any) -> bytes:
    return json.dumps(document(**keys)).encode()


@contextmanager
def other_import() -> Iterator[None]:
    """Another import goes on for the length of the block, and the test's connection waits 50 ms for it."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('comparisons.import', 0))")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        yield
    finally:
        other.rollback()
        other.close()


def load(is_dry_run: bool = False, **keys: Any) -> ImportReport:
    return import_catalog(source=io.BytesIO(source(**keys)), now=NOW, is_dry_run=is_dry_run)


def lines_of(**keys: Any) -> tuple[str, ...]:
    with pytest.raises(CatalogFileError) as refusal:
        load(**keys)
    return refusal.value.lines


def alpha(**keys: Any) -> dict[str, Any]:
    """A file of one tool and nothing else."""
    return {"tools": [tool("alpha", **keys)], "comparisons": []}
