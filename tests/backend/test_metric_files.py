"""What several processes have counted is one sum, whichever of them died."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from prometheus_client import values

from backend.bootstrap import ROOT
from backend.metric_files import count_in, summed

COUNTING = """
import os, sys
from pathlib import Path
from backend.metric_files import count_in
count_in(Path(sys.argv[1]))
from prometheus_client import Counter
cups = Counter("cups", "Cups.")
cups.inc()
child = os.fork() if sys.argv[2:] == ["fork"] else None
if child == 0:
    cups.inc(10)
if child:
    os.waitpid(child, 0)
    cups.inc(100)
if child != 0:
    print("counted", flush=True)
    sys.stdin.read()
os._exit(0)
"""


@contextmanager
def counting(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has counted one cup, and lives until the end of the block."""
    command = [sys.executable, "-c", COUNTING, str(folder), *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline() == "counted\n"
        yield process
        process.kill()


def cups(folder: Path) -> float | None:
    return summed(folder).get_sample_value("cups_total")


def test_two_processes_count_together(tmp_path: Path) -> None:
    with counting(tmp_path), counting(tmp_path):
        assert cups(tmp_path) == 2


def test_when_one_is_killed_the_sum_stays_and_the_next_one_goes_on_with_its_files(tmp_path: Path) -> None:
    with counting(tmp_path) as first, counting(tmp_path):
        first.kill()
        first.wait()
        assert cups(tmp_path) == 2
        files = set(tmp_path.iterdir())

        with counting(tmp_path):
            assert cups(tmp_path) == 3
            assert set(tmp_path.iterdir()) == files


def test_a_fork_counts_beside_its_parent(tmp_path: Path) -> None:
    with counting(tmp_path, "fork"):
        assert cups(tmp_path) == 111


def test_what_is_counted_outlives_all_processes(tmp_path: Path) -> None:
    for _ in range(2):
        with counting(tmp_path):
            pass

    assert cups(tmp_path) == 2
    assert len(list(tmp_path.glob("*.lock"))) == 1


def test_a_folder_that_can_not_be_written_is_refused_by_its_variables_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", os.environ["PROMETHEUS_MULTIPROC_DIR"])
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    file = tmp_path / "file"
    file.touch()

    for path in (file, file / "metrics"):
        with pytest.raises(ImproperlyConfigured, match="METRICS_DIR must be a folder"):
            count_in(path)
