"""Places at which a test may kill the process: each once, and none unless it is armed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backend.bootstrap import ROOT

REACHES = "from newsletter.failpoints import reach; reach('here'); reach('there'); print('lived')"


def run(marks: Path, *, armed: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAILPOINT")}
    if armed is not None:
        environment |= {"FAILPOINTS": armed, "FAILPOINT_MARKS": str(marks)}
    return subprocess.run(
        [sys.executable, "-c", REACHES],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("armed", [None, "", "elsewhere", "her,here there"])
def test_a_place_that_is_not_named_does_nothing(tmp_path: Path, armed: str | None) -> None:
    result = run(tmp_path, armed=armed)

    assert (result.returncode, result.stdout) == (0, "lived\n")
    assert list(tmp_path.iterdir()) == []


def test_each_named_place_kills_once(tmp_path: Path) -> None:
    ends = [run(tmp_path, armed="there,here").returncode for _ in range(3)]

    assert ends == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert {mark.name for mark in tmp_path.iterdir()} == {"here", "there"}
