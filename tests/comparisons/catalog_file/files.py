"""Small catalog files for the tests of import and export."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


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
