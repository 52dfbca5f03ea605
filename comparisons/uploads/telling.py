"""What an import would change, as a page shows it: the first rows with their values, and a digest of all of them."""

import hashlib
import json
from collections.abc import Callable
from typing import TypedDict

from comparisons.catalog_file.importing import ImportReport
from comparisons.catalog_file.upsert import Edit, Taken

MAX_SHOWN = 500
MAX_VALUE = 300


class Told(TypedDict):
    """A row that would be new or change, with keys of the file and their values before and after."""

    kind: str
    name: str
    is_new: bool
    edits: list[tuple[str, str, str]]


class Telling:
    """Listens to an import. Memory holds MAX_SHOWN rows, whatever the number of all."""

    def __init__(self) -> None:
        self.rows: list[Told] = []
        self._digest = hashlib.sha256()

    def __call__(self, taken: Taken) -> None:
        edits = [(str(edit), *_values(edit)) for edit in taken.edits]
        said = [taken.kind, taken.name, taken.is_new, edits]
        self._digest.update(json.dumps(said).encode() + b"\n")
        if len(self.rows) < MAX_SHOWN:
            shown = [(key, _shortened(before), _shortened(after)) for key, before, after in edits]
            self.rows.append({"kind": taken.kind, "name": taken.name, "is_new": taken.is_new, "edits": shown})

    @property
    def digest(self) -> str:
        """The same where the same rows would be created, and the same columns go from the same value to the same."""
        return self._digest.hexdigest()

    def report(self, found: ImportReport, *, in_cells: Callable[[str], str]) -> dict[str, object]:
        return {
            # A list, for the database keeps no order of keys.
            "counts": [
                [kind, count.created, count.updated, count.unchanged] for kind, count in found.counts.items()
            ],
            "rows": self.rows,
            "is_cut": len(self.rows) == MAX_SHOWN,
            "warnings": [in_cells(line) for line in found.warnings[:MAX_SHOWN]],
            "is_empty": found.is_empty,
        }


def _values(edit: str) -> tuple[str, str]:
    """As text; of what has none, such as the time of a publication, nothing."""
    if not isinstance(edit, Edit):
        return "", ""
    return _text(edit.before), _text(edit.after)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case list():
            return "\n".join(map(str, value))
        case _:
            return str(value)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]} …"
