"""Which Python an environment is made with, on machines with several."""

import subprocess
from pathlib import Path

import pytest

from backend import bootstrap
from tests.backend.test_bootstrap import bootstrap_python

FIND_PYTHON = bootstrap.ROOT / "backend" / "find_python.sh"


def lay_out_pythons(directory: Path, **pythons: str) -> Path:
    """Programs of these names that answer as such a Python does: complete, without its venv module, or of no use here."""
    status = {"complete": "true", "without venv": '[ "$3" = any ]', "too old": "false"}
    directory.mkdir()
    for name, kind in pythons.items():
        program = directory / name.replace("_", ".")
        program.write_text(f"#!/bin/sh\n{status[kind]} && echo {program.name}\n")
        program.chmod(0o755)
    (directory / "sh").symlink_to("/bin/sh")
    return directory


@pytest.mark.parametrize(
    ("pythons", "found"),
    [
        ({"python3_11": "complete", "python3_13": "complete", "python3": "complete"}, "python3.13"),
        ({"python3": "complete"}, "python3"),
        ({"python3_13": "without venv", "python3_12": "complete"}, "python3.12"),
        ({"python3_13": "without venv", "python3": "too old"}, "python3.13"),
        ({"python3": "too old"}, ""),
        ({}, ""),
    ],
    ids=[
        "the newest",
        "under its common name",
        "one with venv",
        "one that lacks it, if all do",
        "too old",
        "none",
    ],
)
def test_the_newest_python_that_can_make_an_environment_is_found(
    tmp_path: Path, pythons: dict[str, str], found: str
) -> None:
    result = subprocess.run(
        ["/bin/sh", FIND_PYTHON],
        cwd=tmp_path,
        env={"PATH": str(lay_out_pythons(tmp_path / "bin", **pythons))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.stdout.strip(), result.stderr) == (found, "")


def test_an_environment_keeps_its_python_when_a_newer_one_arrives(tmp_path: Path) -> None:
    subprocess.run([bootstrap_python(), "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    newer = lay_out_pythons(tmp_path / "bin", python3_14="complete")

    result = subprocess.run(
        ["/bin/sh", FIND_PYTHON],
        cwd=tmp_path,
        env={"PATH": str(newer)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert Path(result.stdout.strip()).samefile(bootstrap_python())
