"""Writes the contract as a Postman collection, which Bruno and Insomnia import too: one request for each operation.

`python -m contract.collection` after `make schema`. Requests ask what the examples ask, so that they work on demo
content as they stand; tokens are variables.
"""

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from contract.document import Json, committed
from contract.examples import REQUESTS
from contract.server import ROOT

FILE = ROOT / "clients" / "postman" / "collection.json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
# Parts of a path that only another answer tells.
OF_ANOTHER_ANSWER = {"id": "{{review_id}}"}


def main() -> None:
    FILE.write_text(
        json.dumps(collection(committed()), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def collection(contract: Json) -> Json:
    """The document: a folder for each tag, in the contract's order."""
    folders = [
        {
            "name": tag["name"],
            "description": tag["description"],
            "item": [
                item(path, method, operation)
                for path, method, operation in operations(contract)
                if tag["name"] in operation["tags"]
            ],
        }
        for tag in contract["tags"]
    ]
    return {
        "info": {
            "name": f"{contract['info']['title']} {contract['info']['version']}",
            "description": contract["info"]["description"],
            "schema": SCHEMA,
        },
        "item": folders,
        "variable": [
            {"key": "base_url", "value": contract["servers"][0]["url"]},
            {"key": "voter_token", "value": "", "description": "From `create_voter`."},
            {"key": "subscriber_token", "value": "", "description": "From a mail's link."},
            {"key": "review_id", "value": "", "description": "From `list_reviews`."},
        ],
    }


def operations(contract: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in contract["paths"].items():
        yield from ((path, method, operation) for method, operation in methods.items())


def item(path: str, method: str, operation: Json) -> Json:
    """One request; parameters that the example leaves out are there, and off."""
    name = operation["operationId"]
    request: dict[str, Json] = {
        "method": method.upper(),
        "description": "\n\n".join(filter(None, [operation["summary"], operation.get("description")])),
        "header": list(headers(operation)),
        "url": url(path, operation, REQUESTS[name].address if name in REQUESTS else path),
    }
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if body:
        sent = REQUESTS[name].body if name in REQUESTS else {}
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(sent, indent=2, ensure_ascii=False),
            "options": {"raw": {"language": "json"}},
        }
    return {"name": name, "request": request, "response": []}


def headers(operation: Json) -> Iterator[Json]:
    for scheme in operation["security"]:
        [key] = scheme
        yield {"key": "Authorization", "value": f"{key.title()} {{{{{key}_token}}}}"}
    if operation.get("requestBody"):
        yield {"key": "Content-Type", "value": "application/json"}
    if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", [])):
        yield {"key": "Idempotency-Key", "value": "{{$guid}}", "disabled": True}


def url(path: str, operation: Json, address: str) -> Json:
    asked = urlsplit(address)
    given = dict(parse_qsl(asked.query))
    found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path), asked.path)
    query = [
        {
            "key": each["name"],
            "value": given.get(each["name"], ""),
            "description": each.get("description", ""),
            "disabled": each["name"] not in given,
        }
        for each in operation.get("parameters", [])
        if each["in"] == "query"
    ]
    named = re.sub(r"{(\w+)}", r":\1", path)
    return {
        "raw": f"{{{{base_url}}}}{named}{'?' if given else ''}{'&'.join(f'{key}={given[key]}' for key in given)}",
        "host": ["{{base_url}}"],
        "path": named.strip("/").split("/"),
        "query": query,
        "variable": [
            {"key": name, "value": OF_ANOTHER_ANSWER.get(name, value)}
            for name, value in (found.groupdict() if found else {}).items()
        ],
    }


if __name__ == "__main__":
    main()
