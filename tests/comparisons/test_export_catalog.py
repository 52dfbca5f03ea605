"""`export_catalog`: the same bytes wherever they go."""

import io
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from comparisons.catalog_file.export import export_catalog
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db


def test_the_command_writes_utf_8_to_a_file(tmp_path: Path) -> None:
    CategoryFactory(name="Éditeurs")
    path = tmp_path / "catalog.json"

    call_command("export_catalog", str(path))

    assert path.read_bytes() == "".join(export_catalog()).encode()
    assert "Éditeurs".encode() in path.read_bytes()


def test_the_command_writes_utf_8_to_standard_output_whatever_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    CategoryFactory(name="Éditeurs")
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding="latin-1", newline="\r\n"))

    call_command("export_catalog")

    sys.stdout.flush()
    assert output.getvalue() == "".join(export_catalog()).encode()


def test_the_command_says_why_a_file_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be written: Is a directory"):
        call_command("export_catalog", str(tmp_path))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_can_not_be_written_whole_leaves_the_one_before(tmp_path: Path) -> None:
    CategoryFactory(name="Éditeurs")
    path = tmp_path / "catalog.json"
    path.write_text("yesterday's")

    with files_of_at_most(100), pytest.raises(CommandError, match="can't be written: File too large"):
        call_command("export_catalog", str(path))

    assert path.read_text() == "yesterday's"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_keeps_its_mode_and_a_link_leads_where_it_led(tmp_path: Path) -> None:
    path, link = tmp_path / "catalog.json", tmp_path / "link.json"
    path.touch(0o640)
    link.symlink_to(path)

    call_command("export_catalog", str(link))

    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_bytes() == "".join(export_catalog()).encode()


def test_a_pipe_gets_the_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as threads:
        read = threads.submit(pipe.read_bytes)
        call_command("export_catalog", str(pipe))

        assert read.result(30) == "".join(export_catalog()).encode()


def test_the_command_names_a_folder_for_temporary_files_that_takes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))

    with pytest.raises(
        CommandError, match=r"none can't be written: No such file or directory\. TMPDIR names"
    ):
        call_command("export_catalog")
