"""What schemathesis must know that OpenAPI can't say; nothing here touches values that the schema refuses."""

import re
from typing import Any

import schemathesis

# A well-formed slug that nobody has is a 400 by contract, so generated ones become slugs of the demo content.
KNOWN = {
    "category": ["developer-tools", "design-and-creative"],
    "reviewer": ["builder", "skeptic", "founder"],
    "shipped_by": ["builder", "skeptic"],
    "skipped_by": ["skeptic", "founder"],
    "tool": ["claude-files-api", "llama-4-scout-quantized", "claude-files-api-beta"],
    "tools": ["claude-files-api", "llama-4-scout-quantized", "cursor-1-0-background-agent-project-memory"],
}
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,255}")


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """Leaves out `fields` (answers then omit properties on purpose) and `cursor` (only ours are valid); tests hold both."""
    if not isinstance(query, dict):
        return query
    return {name: known(name, value) for name, value in query.items() if name not in {"fields", "cursor"}}


def known(name: str, value: Any) -> Any:
    if (
        name in KNOWN
        and isinstance(value, list)
        and all(isinstance(v, str) and SLUG.fullmatch(v) for v in value)
    ):
        return KNOWN[name][: max(len(value), 1)]
    return value
