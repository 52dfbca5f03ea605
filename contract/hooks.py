"""What schemathesis must know that OpenAPI can't say; requests that the schema refuses are left as they are."""

import json
import os
import secrets
import urllib.request
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
# Both in ascending order, as pairs are called.
PAIR = ["claude-files-api", "llama-4-scout-quantized"]
# A well-formed slug that nobody has is a 400 by contract, so generated ones become slugs of the demo content.
KNOWN = {
    "category": ["developer-tools", "design-and-creative"],
    "reviewer": ["builder", "skeptic"],
    "fits": ["own-machines", "offline"],
    "panel": ["builder", "skeptic"],
    "shipped_by": ["builder", "skeptic"],
    "skipped_by": ["skeptic", "founder"],
    "tool": PAIR,
    "tools": PAIR,
}

# Likewise in bodies: an address must be one that can be written to.
KNOWN_IN_BODIES = {
    "email": "ada@example.com",
    "topics": ["developer-tools"],
    "reviewers": ["skeptic"],
}


def a_network() -> dict[str, str]:
    """A header that sends a request from a network of its own: limits are not to be all that is seen."""
    return {"ClientAddress": str(IPv6Address(secrets.token_bytes(16)))}


class Voter:
    """Sends a real voter's token along, except where a case is about wrong or missing credentials."""

    def get(self, case: Any, context: Any) -> str:
        request = urllib.request.Request(
            f"{os.environ['FUZZED_SERVER']}/api/v1/voters",
            data=b"{}",
            headers={"Content-Type": "application/json", **a_network()},
        )
        with urllib.request.urlopen(request) as answer:
            return str(json.load(answer)["token"])

    def set(self, case: Any, token: str, context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Voter {token}"}


ERASING = "delete_own_voter"
# All cases share one voter, and each that erases has its own.
schemathesis.auth().apply_to(tag=["voters", "votes"]).skip_for(
    operation_id=[ERASING, "create_voter", "create_voter_challenge"]
)(Voter)
schemathesis.auth(refresh_interval=None).apply_to(operation_id=ERASING)(Voter)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    case.headers = {**(case.headers or {}), **a_network()}
    is_meant_well = case.meta is None or case.meta.generation.mode.is_positive
    if is_meant_well and case.operation.definition.raw["operationId"] == "put_pick":
        case.path_parameters, case.body = {"slug": "-vs-".join(PAIR)}, {"tool": PAIR[0]}
    elif is_meant_well and isinstance(case.body, dict):
        case.body = {name: KNOWN_IN_BODIES.get(name, value) for name, value in case.body.items()}
    if not case.query:
        return
    if is_meant_well:
        case.query = {
            name: ",".join(KNOWN[name]) if name in KNOWN else value
            for name, value in case.query.items()
            # Only cursors of ours are valid: the tests go through those.
            if name not in {"fields", "cursor"}
        }
    elif set(str(case.query.get("fields", "-")).split(",")) <= SELECTABLE.get(case.operation.path, set()):
        # Wrong in some other way that may turn out harmless; then the answer would lack what `fields` leaves out.
        case.query = {**case.query, "fields": "-"}
