"""The command line says what it can do, and when there is nothing to do."""

import os
import subprocess
from pathlib import Path

import pytest

from backend.bootstrap import ROOT
from backend.devstack.__main__ import main
from backend.devstack.directory import StackDirectory
from tests.backend.devstack.commands import devstack


def test_stop_and_manage_say_when_nothing_runs(var: Path) -> None:
    assert devstack(var, "stop").stdout == "`make serve` has not run here.\n"
    assert "`make serve` is not running here" in devstack(var, "manage", "check").stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["start"], ["serve", "now"], ["run"], ["run", "--"], ["run", "true"]],
    ids=lambda arguments: " ".join(arguments) or "none",
)
def test_a_command_that_is_none_shows_those_that_are(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(var))

    assert main(arguments) == 2

    assert capsys.readouterr().err.startswith("python -m backend.devstack COMMAND\n")
    assert list(var.iterdir()) == []


def test_the_exit_status_is_that_of_the_command(var: Path) -> None:
    assert devstack(var, "start").returncode == 2


def test_nothing_of_another_project_in_the_shell_reaches_a_target(tmp_path: Path) -> None:
    """What make hands to one of its targets, it hands to all."""
    theirs = {"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1", "DJANGO_SETTINGS_MODULE": "theirs.settings"}

    result = subprocess.run(
        ["make", "--silent", "--eval", "shown: ; @env", "shown"],
        cwd=ROOT,
        env={**os.environ, **theirs, "SHOWN": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    names = {line.partition("=")[0] for line in result.stdout.splitlines()}
    assert "SHOWN" in names
    assert names & set(theirs) == set()


def test_stop_keeps_the_data_and_reset_removes_them(var: Path) -> None:
    stack = StackDirectory(var / "serve").make()
    secret = stack.secret("admin_password")

    assert devstack(var, "stop").stdout == "`make serve` is not running here.\n"
    assert stack.secret("admin_password") == secret
    assert devstack(var, "reset").stdout == f"`make serve` is not running here.\nRemoved {stack.path}.\n"
    assert not stack.path.exists()
