"""`openapi.yaml` as Python reads it."""

from functools import cache
from typing import Any

import yaml

from contract.server import ROOT

# Any: documents of JSON.
Json = Any

# In C it takes a seventh of the time, where the wheel has it; both are safe loaders.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parsed(text: str | bytes) -> Json:
    return yaml.load(text, _LOADER)  # noqa: S506


@cache
def committed() -> Json:
    """One document for all of a process: who changes it copies it first."""
    return parsed((ROOT / "openapi.yaml").read_bytes())
