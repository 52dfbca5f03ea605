"""Compares openapi.yaml with that of the last release: a difference that breaks clients must be announced.

`python -m contract.breaking` fails where one is not: the newest section of CHANGELOG.md then has to say **Breaking.** It
fails too where CHANGELOG names a release whose tag this clone lacks, as a shallow one does: it would let everything pass.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from contract.document import Json, committed, parsed
from contract.server import ROOT

JSON = "application/json"


def main() -> int:
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not tag:
        released = latest_release(changelog)
        print(
            f"CHANGELOG names {released}, and this clone has no tag of it: git fetch --unshallow --tags"
            if released
            else "Nothing was released yet: there is nothing to compare with."
        )
        return 1 if released else 0
    released = parsed(_git("show", f"{tag}:openapi.yaml"))
    present = committed()
    found = list(breaking_differences(released, present))
    announced = "**Breaking.**" in newest_section(changelog)
    print(f"Since {tag}: {len(found)} differences that break clients.", *found, sep="\n  ")
    return 1 if found and not announced else 0


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def latest_release(changelog: str) -> str | None:
    """The newest version that has a day; the one that is being made has none."""
    found = re.search(
        r"^## \[([0-9]+\.[0-9]+\.[0-9]+)\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$", changelog, re.MULTILINE
    )
    return found and found[1]


def newest_section(changelog: str) -> str:
    """What stands under the first heading of a version."""
    return changelog.split("\n## ")[1]


def breaking_differences(before: Json, after: Json) -> Iterator[str]:
    """Each difference for which a client of `before` may fail against `after`, as a sentence."""
    for path, operations in before["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            present = after["paths"].get(path, {}).get(method)
            if present is None:
                yield f"{name} is gone."
                continue
            yield from _parameters(name, operation, present)
            for status, schemas in _bodies(operation, present):
                yield from Comparison(before, after, is_sent=status == "request").differences(
                    f"{name} {status}", *schemas
                )


def _parameters(name: str, before: Json, after: Json) -> Iterator[str]:
    former, present = (
        {each["name"]: each for each in side.get("parameters", [])} for side in (before, after)
    )
    for key in former.keys() - present.keys():
        yield f"{name}: the parameter {key} is gone."
    for key, parameter in present.items():
        if parameter.get("required") and not former.get(key, {}).get("required"):
            yield f"{name}: the parameter {key} is required."
        for value in _values(former.get(key, {})) - _values(parameter):
            yield f"{name}: the parameter {key} takes {value!r} no longer."


def _values(parameter: Json) -> set[str]:
    schema = parameter.get("schema", {})
    return set(schema.get("enum", []) or schema.get("items", {}).get("enum", []))


def _bodies(before: Json, after: Json) -> Iterator[tuple[str, tuple[Json, Json]]]:
    """The schemas of what is sent and of each success, before and after, where both have one."""
    sides = [
        {
            "request": side.get("requestBody", {}),
            **{status: answer for status, answer in side["responses"].items() if status.startswith("2")},
        }
        for side in (before, after)
    ]
    for status, answer in sides[0].items():
        schemas = [
            each.get("content", {}).get(JSON, {}).get("schema") for each in (answer, sides[1].get(status, {}))
        ]
        if schemas[0]:
            yield status, (schemas[0], schemas[1] or {})


class Comparison:
    """Of two schemas, within their documents; `is_sent`: by clients, else by the server."""

    def __init__(self, before: Json, after: Json, *, is_sent: bool) -> None:
        self._documents = before, after
        self._is_sent = is_sent
        # Schemas may refer to themselves.
        self._seen: set[str] = set()

    def differences(self, place: str, before: Json, after: Json) -> Iterator[str]:
        key = f"{before} {after}"
        if key in self._seen:
            return
        self._seen.add(key)
        before, after = (self._resolved(*pair) for pair in zip((before, after), self._documents, strict=True))
        former, present = _types(before), _types(after)
        # Of what is sent, less may be taken; of what is answered, more may come.
        if former and present and (former - present if self._is_sent else present - former):
            yield f"{place} is {', '.join(sorted(present))}, and was {', '.join(sorted(former))}."
        if self._is_sent:
            for value in set(before.get("enum", [])) - set(after.get("enum", before.get("enum", []))):
                yield f"{place} takes {value!r} no longer."
        yield from self._properties(place, before, after)
        if "items" in before and "items" in after:
            yield from self.differences(f"{place}[]", before["items"], after["items"])

    def _properties(self, place: str, before: Json, after: Json) -> Iterator[str]:
        former, present = before.get("properties", {}), after.get("properties", {})
        required, still = set(before.get("required", [])), set(after.get("required", []))
        for name, schema in former.items():
            if name not in present:
                yield f"{place}.{name} is gone."
                continue
            if not self._is_sent and name in required - still:
                yield f"{place}.{name} may be missing."
            yield from self.differences(f"{place}.{name}", schema, present[name])
        if self._is_sent:
            yield from (f"{place}.{name} is required." for name in sorted(still - required))

    def _resolved(self, schema: Json, document: Json) -> Json:
        if "$ref" in schema:
            return self._resolved(
                document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document
            )
        parts = schema.get("allOf") or schema.get("oneOf") or []
        merged: dict[str, Any] = {
            key: value for key, value in schema.items() if key not in {"allOf", "oneOf"}
        }
        types: set[str] = set()
        for part in parts:
            resolved = self._resolved(part, document)
            types |= _types(resolved)
            merged = {**resolved, **merged}
        return {**merged, "type": sorted(types)} if types else merged


def _types(schema: Json) -> set[str]:
    stated = schema.get("type", [])
    return {stated} if isinstance(stated, str) else set(stated)


if __name__ == "__main__":
    sys.exit(main())
