"""What commands say of the files that the settings name."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django.fixtures import Settings

from backend.checks import secrets_are_closed_to_others, the_journal_can_be_written


@pytest.mark.parametrize(
    ("mode", "number"), [(0o600, 0), (0o640, 0), (0o644, 1)], ids=["the owner's", "a group's", "everybody's"]
)
def test_a_file_of_secrets_that_everybody_may_read_is_warned_of(
    settings: Settings, tmp_path: Path, mode: int, number: int
) -> None:
    path = tmp_path / "verdicts.env"
    path.touch()
    path.chmod(mode)
    settings.ENV_FILE = path

    found = secrets_are_closed_to_others(None)

    assert [str(message.msg) for message in found] == [
        f"Every user of this machine may read {path}, which holds secrets."
    ] * number
    assert [message.hint for message in found] == [f"chmod o-rwx {path}"] * number


def test_no_file_of_secrets_is_closed(settings: Settings) -> None:
    settings.ENV_FILE = None

    assert secrets_are_closed_to_others(None) == []


def test_a_journal_that_can_not_be_written_is_an_error(settings: Settings) -> None:
    settings.SUPPRESSION_JOURNAL = "/proc/x"

    with pytest.raises(SystemCheckError, match="SUPPRESSION_JOURNAL must be a file that this user may write"):
        call_command("check", stdout=StringIO())


@pytest.mark.parametrize(
    "command", [["import_suppressions", "x"], ["replay_suppressions", "x"], ["allow_sending"]], ids=str
)
def test_a_command_says_that_the_journal_can_not_be_written(settings: Settings, command: list[str]) -> None:
    """It asks for no database before."""
    settings.SUPPRESSION_JOURNAL = "/proc/x"

    with pytest.raises(SystemCheckError, match="SUPPRESSION_JOURNAL must be a file that this user may write"):
        call_command(*command, skip_checks=False, stdout=StringIO())


def test_a_journal_that_can_be_written_is_right(settings: Settings, tmp_path: Path) -> None:
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "suppressions")

    assert the_journal_can_be_written(None) == []


def test_the_image_is_built_wherever_the_journal_will_lie(settings: Settings, tmp_path: Path) -> None:
    settings.SUPPRESSION_JOURNAL = "/proc/x"
    settings.STATIC_ROOT = tmp_path

    call_command("collectstatic", interactive=False, dry_run=True, skip_checks=False, stdout=StringIO())
