"""What schemathesis must know that OpenAPI can't say; requests that the schema refuses are left as they are."""

import secrets
from ipaddress import IPv6Address
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
    for operation in operations.values()
    for parameter in operation.get("parameters", [])
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
    # From a network of its own, so that limits are not all that is seen of what they limit.
    case.headers = {**(case.headers or {}), "ClientAddress": str(IPv6Address(secrets.token_bytes(16)))}
    if not case.query:
        return
    if case.meta is None or case.meta.generation.mode.is_positive:
        case.query = {
            name: ",".join(KNOWN[name]) if name in KNOWN else value
            for name, value in case.query.items()
            # Only cursors of ours are valid: the tests go through those.
            if name not in {"fields", "cursor"}
        }
    elif set(str(case.query.get("fields", "-")).split(",")) <= SELECTABLE.get(case.operation.path, set()):
        # Wrong in some other way that may turn out harmless; then the answer would lack what `fields` leaves out.
        case.query = {**case.query, "fields": "-"}
