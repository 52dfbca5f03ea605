"""`import_catalog`: what it says of a file, and how it fails."""

import errno
import io
import json
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.api.models import Change
from catalog.models import Tool
from tests.comparisons.catalog_file.files import document, other_import, source, tool

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str, str]:
    """What the command says on both outputs, and the sentence and code that it fails with."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_catalog", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), err.getvalue(), f"{error} ({error.returncode})"
    return out.getvalue(), err.getvalue(), ""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.json"
    path.write_bytes(source())
    return path


def test_the_command_tells_counts_changes_and_when_nothing_changed(file: Path) -> None:
    first, _, _ = run(str(file))
    file.write_bytes(source(tools=[tool("alpha", tagline="New"), tool("beta", name="Alpha")]))
    second, _, _ = run(str(file))
    third, _, _ = run(str(file))

    assert first.splitlines() == [
        "categories: 1 created, 0 updated, 0 unchanged",
        "reviewers: 1 created, 0 updated, 0 unchanged",
        "conditions: 0 created, 0 updated, 0 unchanged",
        "tools: 2 created, 0 updated, 0 unchanged",
        "reviews: 1 created, 0 updated, 0 unchanged",
        "head_to_head: 0 created, 0 updated, 0 unchanged",
        "comparisons: 1 created, 0 updated, 0 unchanged",
    ]
    assert second.splitlines()[:3] == [
        'warning: tools[0], tools[1]: 2 tools are called "Alpha": alpha, beta',
        "tools alpha: tagline",
        "tools beta: name",
    ]
    assert third.splitlines()[-1] == "Nothing changed."


def test_another_import_that_takes_long_is_told_of_as_such(file: Path) -> None:
    with other_import():
        _, _, failure = run(str(file))

    assert failure == (
        "Nothing was imported, for the database is busy or away: canceling statement due to lock timeout. Run it again. (1)"
    )
    assert not Tool.objects.exists()


def test_the_command_leaves_its_name_and_the_reason_with_each_change(file: Path) -> None:
    run(str(file))
    file.write_bytes(source(tools=[tool("alpha", tagline="New"), tool("beta")]))

    run(str(file), "--why", "Taglines of May")

    [change] = Change.objects.filter(action="update")
    assert (change.source, change.actor, change.why) == ("import_catalog", "", "Taglines of May")
    assert change.row_id == Tool.objects.get(slug="alpha").pk


def test_the_command_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(source())))

    run("-")

    assert Tool.objects.count() == 2


def test_the_command_says_that_a_dry_run_wrote_nothing(file: Path) -> None:
    out, _, _ = run(str(file), "--dry-run")

    assert out.splitlines()[-1] == "Dry run: nothing was written."
    assert Tool.objects.count() == 0


def test_the_command_prints_a_line_a_problem_and_fails(file: Path) -> None:
    file.write_bytes(json.dumps(document(tools=[tool("alpha", tagline=3)])).encode())

    out, err, failure = run(str(file))

    assert out == ""
    assert err.splitlines() == [
        "tools[0].tagline: must be a line of text without control characters, or null, not 3",
        'comparisons[0].tools[1]: no tool is called "beta"',
    ]
    assert failure == "Nothing was imported. (1)"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("none.json", "No such file or directory", id="missing"),
        pytest.param(".", "Is a directory", id="a directory"),
        pytest.param("x" * 300, "File name too long", id="a long name"),
    ],
)
def test_the_command_says_why_a_file_can_not_be_read(
    tmp_path: Path, name: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(name)[2].endswith(f"can't be read: {reason}. (1)")


def test_no_space_for_what_is_read_is_not_blamed_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Full()))

    with pytest.raises(CommandError, match="has no space for what is read: TMPDIR names another folder"):
        call_command("import_catalog", "-")
