"""Directories for stacks whose servers are started, killed and started again; nothing here is a stand-in."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.devstack import processes
from backend.devstack.__main__ import reset
from backend.devstack.directory import StackDirectory
from backend.devstack.location import DataLocation, choose_location


@pytest.fixture
def var() -> Iterator[Path]:
    """A directory with a space in its name that other users may enter; pytest's own are closed to them."""
    path = Path(tempfile.mkdtemp(prefix="dev stack "))
    path.chmod(0o755)
    yield path
    reset(StackDirectory(path / "serve"))
    shutil.rmtree(path)


@pytest.fixture
def stack(var: Path) -> Iterator[StackDirectory]:
    stack = StackDirectory(var / "serve").make()
    assert stack.acquire()
    mark = stack.begin()
    yield stack
    processes.end(processes.marked(mark), timeout=0)
    stack.release()


@pytest.fixture
def location(stack: StackDirectory) -> DataLocation:
    return choose_location(stack, is_lasting=True)
