"""`export_catalog`: the same bytes wherever they go."""

import io
import sys
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
