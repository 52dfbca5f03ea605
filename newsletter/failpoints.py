"""Places at which a test may kill the process; without FAILPOINT in the environment they do nothing."""

import os
import signal
from pathlib import Path

# FAILPOINT names the place, FAILPOINT_MARK a file that is made first: each place kills once.
_ARMED = os.environ.get("FAILPOINT", "")
_MARK = os.environ.get("FAILPOINT_MARK", "")


def reach(name: str) -> None:
    if name == _ARMED:
        _die_once()


def _die_once() -> None:
    try:
        Path(_MARK).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
