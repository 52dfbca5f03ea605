"""The command that checks every day's line: what it prints, and how it ends."""

import re
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from backend.bootstrap import ROOT
from catalog.models import ToolAlias
from tests.factories import NOW, ToolFactory, vote
from tests.votes.tallies.test_day_lines import DAY, LATE, NEXT_DAY
from votes.models import ClosedDay, TallyDay
from votes.tallies.day_lines import close_day

pytestmark = pytest.mark.django_db


def test_the_command_says_what_it_finds(capsys: pytest.CaptureFixture[str]) -> None:
    tool = ToolFactory()
    vote(tool, ship=1, at=LATE)
    close_day(day=DAY, now=NOW)
    root = ClosedDay.objects.get().root

    call_command("verify_timeline")
    assert (
        capsys.readouterr().out == f"Every line and every root is whole. The root of 2026-11-01 is {root}.\n"
    )

    TallyDay.objects.update(skip=1)
    with pytest.raises(CommandError, match="Broken: 1"):
        call_command("verify_timeline")
    assert capsys.readouterr().out == f"The line of 2026-11-01 of {tool.pk} is not what its digest says.\n"


@pytest.mark.django_db(transaction=True)
def test_the_program_of_the_docs_checks_a_tool_with_the_api_alone(live_server: LiveServer) -> None:
    tool = ToolFactory(slug="alpha")
    vote(tool, ship=1, at=LATE)
    for day in (DAY, NEXT_DAY):
        close_day(day=day, now=NOW)
    root = ClosedDay.objects.get(day=NEXT_DAY).root

    def said(subject: object = tool.pk, day: str = "2026-11-02", root: str = root) -> str:
        """What the program of docs/timeline.md says."""
        (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/timeline.md").read_text(), re.DOTALL)
        arguments = [f"{live_server.url}/api/v1", str(subject), day, root]
        run = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return run.stdout + run.stderr

    assert said() == "2 lines are whole, and 2026-11-02 is what you kept.\n"
    assert "This is another root than yours." in said(root="0" * 64)
    assert said(day="2026-11-05") == (
        "There is no line of 2026-11-05: nobody had voted on the tool by then, or the day is not over.\n"
    )
    # As after a merge: a slug leads to another tool, and the id to its own lines all the same.
    ToolAlias.objects.create(slug="old", tool=tool)
    assert said(subject="old") == f"These are the lines of {tool.pk}, and not of old.\n"
    TallyDay.objects.filter(day=DAY).update(ship=2)
    assert "The line of 2026-11-01 is not what its digest says." in said()
