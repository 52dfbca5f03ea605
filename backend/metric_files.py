"""The files in which the processes of one machine count, so that whichever is asked tells their sum (decision 57).

A process has the first slot that no living one holds, and goes on with the counts in the slot's files. So the worker that
takes the place of a dead one leaves no file behind, and no count ever falls.
"""

import fcntl
import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector

from backend.environment import require

MOST_SLOTS = 10_000

# The slot of this process and the descriptor of its lock, by the process's id: a fork must not use its parent's.
_held: dict[int, tuple[int, int]] = {}


def count_in(folder: Path) -> None:
    """Have this process, and those that it forks, count in the folder; to be called before the first metric is made."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    require(
        folder.is_dir() and os.access(folder, os.W_OK | os.X_OK),
        f"METRICS_DIR must be a folder in which this process may write, not {str(folder)!r}.",
    )
    # The library has no other way to be told.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(partial(slot_in, folder))  # type: ignore[no-untyped-call]


def summed(folder: Path) -> CollectorRegistry:
    """What all processes have counted in the folder, the dead ones too."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return registry


def slot_in(folder: Path) -> int:
    """This process's slot. Raises OSError where the disk is full."""
    pid = os.getpid()
    if pid not in _held:
        # Closing what a fork has inherited leaves the parent's lock to the parent.
        for _, lock in _held.values():
            os.close(lock)
        _held.clear()
        _held[pid] = _take_slot(folder)
    return _held[pid][0]


def _take_slot(folder: Path) -> tuple[int, int]:
    for slot in range(MOST_SLOTS):
        # One that belongs to another user is not ours to count in.
        with suppress(PermissionError):
            lock = os.open(folder / f"{slot}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # It ends with the process, however that ends.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                return slot, lock
    raise OSError(f"No slot is free in {folder}.")
