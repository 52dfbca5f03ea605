"""The operators' guide names commands, options and links that there are; .ci/guide runs its commands."""

import re
import shlex

import pytest
from django.core.management import get_commands, load_command_class

from backend.bootstrap import ROOT

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


def test_every_link_within_the_guide_leads_to_a_section() -> None:
    headings = re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) - anchors == set()
