"""The command that looks back: what it prints."""

import pytest
from django.core.management import call_command

from tests.factories import ToolFactory, vote

pytestmark = pytest.mark.django_db


def test_the_command_says_what_the_rules_would_have_held(capsys: pytest.CaptureFixture[str]) -> None:
    vote(ToolFactory(name="Cursor 2.0"), ship=33)

    call_command("rescore_votes", days=7)

    # Eleven on each of three days, at one moment.
    assert capsys.readouterr().out == (
        "Cursor 2.0: 3 of 33 would have waited (burst 3)\n"
        "Under ruleset 2026-12, 3 of the last 7 days' votes would have waited.\n"
    )
