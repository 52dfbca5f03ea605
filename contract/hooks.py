"""What schemathesis must know that OpenAPI can't say; requests that the schema refuses are left as they are."""

from pathlib import Path
from typing import Any

import schemathesis
import yaml

CONTRACT = yaml.safe_load(
    (Path(__file__).resolve().parent.parent / "openapi.yaml").read_text(encoding="utf-8")
)
# What `fields` may name, by path. Answers then omit properties on purpose: the tests hold those to the schema.
SELECTABLE = {
    path: set(parameter["schema"]["items"]["enum"])
    for path, operations in CONTRACT["paths"].items()
    for parameter in operations["get"].get("parameters", [])
    if parameter["name"] == "fields"
}
# A well-formed slug that nobody has is a 400 by contract, so generated ones become slugs of the demo content.
KNOWN = {
    "category": ["developer-tools", "design-and-creative"],
    "reviewer": ["builder", "skeptic"],
    "shipped_by": ["builder", "skeptic"],
    "skipped_by": ["skeptic", "founder"],
    "tool": ["claude-files-api", "llama-4-scout-quantized"],
    "tools": ["claude-files-api", "llama-4-scout-quantized"],
}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    query = dict(case.query or {})
    if set(str(query.get("fields", "-")).split(",")) <= SELECTABLE.get(case.operation.path, set()):
        del query["fields"]
    if case.meta is None or case.meta.generation.mode.is_positive:
        # Only cursors of ours are valid, and the tests go through those.
        query.pop("cursor", None)
        query = {name: ",".join(KNOWN[name]) if name in KNOWN else value for name, value in query.items()}
    case.query = query
