"""Tasks that no product has, for a worker of the product's: `celery -A tests.faults.strange_tasks worker`."""

import os
import signal
import time
from pathlib import Path

from backend.celery import app


@app.task
def die(file: str) -> None:
    """Write a line, and take the process along."""
    with Path(file).open("a") as lines:
        lines.write(f"{os.getpid()}\n")
    os.kill(os.getpid(), signal.SIGKILL)


@app.task
def wait_for(file: str) -> None:
    while not Path(file).exists():
        time.sleep(0.05)


@app.task
def touch(file: str) -> None:
    Path(file).touch()
