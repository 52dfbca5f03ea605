"""The command that recounts: what it prints, and how it ends."""

import pytest
from django.core.management import CommandError, call_command

from tests.factories import ToolFactory, vote
from votes.models import Tally

pytestmark = pytest.mark.django_db


def test_the_command_says_what_it_finds(capsys: pytest.CaptureFixture[str]) -> None:
    tool = ToolFactory()
    vote(tool, ship=2)

    call_command("reconcile_tallies")
    assert capsys.readouterr().out == "Every tally is what its votes add up to.\n"

    Tally.objects.filter(tool=tool).update(ship=5)
    with pytest.raises(CommandError, match="mended: 1"):
        call_command("reconcile_tallies")
    said = capsys.readouterr().out
    assert said == f"{tool.pk}: tallied 5, 0, 0, 0, 0; counted 2, 0, 0, 0, 0\n"
