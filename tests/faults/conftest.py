"""One stack a session (and a test process) for all tests of faults, mended between them."""

import fcntl
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import dumps
from tests.faults.stack import FaultStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform != "linux":
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(
                    pytest.mark.skip(reason="workers are found through /proc, which only Linux has")
                )


@pytest.fixture(scope="session")
def _session_stack(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Iterator[FaultStack]:
    # Root's servers run as somebody else, who may not enter pytest's own directories.
    path = Path(tempfile.mkdtemp(prefix="faults-"))
    path.chmod(0o755)
    stack = FaultStack(path)
    try:
        migrate(stack, tmp_path_factory.getbasetemp().parent / f"migrated-{testrun_uid}.dump")
        yield stack
    finally:
        stack.close()
        shutil.rmtree(path)


@pytest.fixture
def stack(_session_stack: FaultStack) -> Iterator[FaultStack]:
    yield _session_stack
    _session_stack.mend()


def migrate(stack: FaultStack, dump: Path) -> None:
    """The first process of a run migrates, which takes seconds; the others restore what that has dumped."""
    with dump.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_first = not dump.exists()
        if is_first:
            stack.desk("migrate")
            dumps.dump(stack.postgresql, dump)
    if not is_first:
        dumps.restore(stack.postgresql, dump, "--no-owner", "--exit-on-error")
