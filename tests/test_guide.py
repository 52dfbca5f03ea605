"""The operators' guide names commands, options and links that there are; .ci/guide runs its commands."""

import re
import shlex

import pytest
from django.core.management import get_commands, load_command_class
from django.db import connection

from backend.bootstrap import ROOT
from tests.database import execute

GUIDE = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    {
        re.split(r" [<>]+ ", words)[0].strip()
        for words in re.findall(r"(?:manage\.py\s|verdicts-manage )([a-z_]+[^`\n|\"]*)", GUIDE)
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_guide_takes_what_the_guide_gives_it(command: str) -> None:
    name, *words = shlex.split(command)

    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)

    # Sentences name some commands without saying how they are called.
    assert parser.parse_args(words) if words else parser.prog == f"manage.py {name}"


def has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}")')
        ((found,),) = cursor.fetchall()
        return bool(found)


@pytest.mark.django_db
def test_the_guide_empties_every_table_that_migrations_fill() -> None:
    """Else the data of a backup don't go in beside them."""
    [names] = {*re.findall(r"'TRUNCATE (.*) CASCADE'", GUIDE)}
    tables = connection.introspection.table_names()
    before = {table for table in tables if has_rows(table)}

    execute(f"TRUNCATE {names} CASCADE")

    assert before >= {*names.split(", ")}
    assert [table for table in tables if has_rows(table)] == []


def test_every_link_within_the_guide_leads_to_a_section() -> None:
    headings = re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) - anchors == set()
