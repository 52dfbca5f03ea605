"""Waits for a database that restarts: what a server has taken must be written down."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.2

Answer = TypeVar("Answer")


def retried(action: Callable[[bool], Answer]) -> Answer:
    """Call `action` until the database answers, for a minute; it hears whether an earlier call may have been committed."""
    until = time.monotonic() + PATIENCE_SECONDS
    again = False
    while True:
        try:
            return action(again)
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            again = True
            time.sleep(PAUSE_SECONDS)
