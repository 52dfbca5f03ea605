"""No statement outside the package writes the ledger, and none outside it reads the ledger by plain SQL."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.bootstrap import ROOT

OWNER = ROOT / "newsletter" / "deliveries"
APPS = ("backend", "catalog", "reviews", "votes", "comparisons", "newsletter")
WRITES = {
    *("acreate", "aupdate", "bulk_create", "bulk_update", "create", "delete", "get_or_create"),
    *("save", "update", "update_or_create"),
}
# An admin page's address has the table's name in it.
IN_SQL = re.compile(r"(?<!admin:)\bnewsletter_delivery\b")
WRITTEN_IN_SQL = re.compile(r"(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+newsletter_delivery\b", re.IGNORECASE)
LEDGER = re.compile(r"\bDelivery\b|\bdeliveries\b")


def modules() -> Iterator[Path]:
    for app in APPS:
        for file in (ROOT / app).rglob("*.py"):
            if "migrations" not in file.parts and OWNER not in file.parents:
                yield file


def offences_in(source: str) -> list[str]:
    """The source of each statement on the ledger that only its package may hold."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if IN_SQL.search(text):
                found.append(text)
            case ast.Call(func=ast.Attribute(attr=name, value=on)) if name in WRITES:
                if LEDGER.search(ast.unparse(on)):
                    found.append(ast.unparse(node))
            case _:
                pass
    return found


def test_no_other_module_holds_a_statement_of_the_ledger() -> None:
    offences = {str(file.relative_to(ROOT)): offences_in(file.read_text()) for file in modules()}

    assert {file: found for file, found in offences.items() if found} == {}


def test_no_function_of_the_database_writes_the_ledger() -> None:
    files = [file for app in APPS for file in (ROOT / app).rglob("*.sql")]

    assert files
    assert [file.name for file in files if WRITTEN_IN_SQL.search(file.read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        "Delivery.objects.filter(pk=1).update(state='failed')",
        "edition.deliveries.create(address='')",
        "SQL = 'SELECT count(*) FROM newsletter_delivery'",
    ],
)
def test_such_a_statement_is_found(source: str) -> None:
    assert offences_in(source)
