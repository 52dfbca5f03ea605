"""Where the servers' data lie, and as whom the servers run."""

import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.devstack.directory import StackDirectory
from backend.devstack.location import DataLocation, choose_location, reachable, remove_outside
from tests.backend.devstack.commands import AS_ROOT, REPORT, devstack

only_root = pytest.mark.skipif(not AS_ROOT, reason="only root's servers run as somebody else")


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[StackDirectory]:
    """A stack below a directory that its owner alone may enter."""
    tmp_path.chmod(0o700)
    stack = StackDirectory(tmp_path / "stack").make()
    yield stack
    remove_outside(stack)


@pytest.mark.skipif(AS_ROOT, reason="root's servers run as somebody else")
def test_an_ordinary_users_servers_run_as_that_user_within_the_stack(closed: StackDirectory) -> None:
    assert choose_location(closed, is_lasting=True) == DataLocation(closed.path / "engines", None)


@only_root
def test_roots_servers_run_as_somebody_else_within_a_stack_that_may_be_entered(stack: StackDirectory) -> None:
    location = choose_location(stack, is_lasting=True)

    assert location.path == stack.path / "engines"
    assert location.account
    assert location.account.user == location.path.stat().st_uid != 0
    assert location.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="only root's servers run as somebody else")
def test_below_a_closed_directory_root_keeps_the_servers_files_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    result = devstack(tmp_path, "run", "--", sys.executable, "-c", REPORT)

    assert result.returncode == 0, result.stderr
    elsewhere = re.search(r"their files lie in (\S+)\.", result.stdout)
    assert elsewhere
    assert not Path(elsewhere.group(1)).exists()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@only_root
def test_a_place_elsewhere_is_found_again_and_removed_with_its_stack(closed: StackDirectory) -> None:
    location = choose_location(closed, is_lasting=False)

    assert choose_location(closed, is_lasting=False) == location
    remove_outside(closed)
    assert not location.path.exists()


@only_root
def test_a_copied_stack_leaves_the_originals_place_alone(closed: StackDirectory) -> None:
    location = choose_location(closed, is_lasting=False)
    copy = StackDirectory(closed.path.with_name("copy"))
    shutil.copytree(closed.path, copy.path)

    other = choose_location(copy, is_lasting=False)
    remove_outside(copy)

    assert other.path != location.path
    assert not other.path.exists()
    assert location.path.exists()


@only_root
def test_a_moved_stack_keeps_its_place(closed: StackDirectory) -> None:
    location = choose_location(closed, is_lasting=False)
    moved = StackDirectory(closed.path.rename(closed.path.with_name("moved")))

    assert choose_location(moved, is_lasting=False) == location
    remove_outside(moved)


def test_what_our_own_user_runs_is_run_where_it_is_installed(tmp_path: Path) -> None:
    assert reachable(DataLocation(tmp_path, None), ("django",)) == Path(sysconfig.get_path("platlib"))
