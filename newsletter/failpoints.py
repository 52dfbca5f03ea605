"""Places at which a test may kill the process; without FAILPOINTS in the environment they do nothing."""

import os
import signal
from pathlib import Path

# FAILPOINTS names places, with commas between; FAILPOINT_MARKS a folder of files, one made at each: it kills once.
_ARMED = frozenset(os.environ.get("FAILPOINTS", "").split(","))
_MARKS = Path(os.environ.get("FAILPOINT_MARKS", ""))


def reach(name: str) -> None:
    if name in _ARMED:
        _die_once(name)


def _die_once(name: str) -> None:
    try:
        (_MARKS / name).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
