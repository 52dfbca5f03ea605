"""The command that makes the rows of lists anew: what it prints, and how it ends."""

import pytest
from django.core.management import CommandError, call_command

from comparisons.listings import ListedTool
from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db


def test_the_command_says_how_many_rows_differed(capsys: pytest.CaptureFixture[str]) -> None:
    tool = ToolFactory()

    call_command("mend_listings")
    assert capsys.readouterr().out == "Every row of the lists is what it should be.\n"

    ListedTool.objects.filter(tool=tool).update(votes=5)
    with pytest.raises(CommandError, match="mended: 1"):
        call_command("mend_listings")
    assert ListedTool.objects.get(tool=tool).votes == 0
