"""One stack a session (and a test process) for all tests of faults, mended between them."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.stack import FaultStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and sys.platform != "linux":
            item.add_marker(pytest.mark.skip(reason="workers are found through /proc, which only Linux has"))


@pytest.fixture(scope="session")
def _session_stack() -> Iterator[FaultStack]:
    # Root's servers run as somebody else, who may not enter pytest's own directories.
    path = Path(tempfile.mkdtemp(prefix="faults-"))
    path.chmod(0o755)
    stack = FaultStack(path)
    try:
        yield stack
    finally:
        stack.close()
        shutil.rmtree(path)


@pytest.fixture
def stack(_session_stack: FaultStack) -> Iterator[FaultStack]:
    yield _session_stack
    _session_stack.mend()
