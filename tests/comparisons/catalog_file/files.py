"""Small catalog files for the tests of import and export."""

import json
from typing import Any


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
