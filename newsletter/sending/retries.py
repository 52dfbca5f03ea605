"""Waits while the database refuses (decision 52): what a mail server has taken must be written down."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import Error as DatabaseFailure
from django.db import connection

from backend.api.outages import met_outage

# Longer than a failover takes; with a round and the longest answer to a dot, shorter than a task may run.
RETRY_SECONDS = 180
PAUSE_SECONDS = 0.2

Answer = TypeVar("Answer")


def retried(action: Callable[[bool], Answer]) -> Answer:
    """
    Call `action` over another connection until the database answers, for three minutes.

    It hears whether an earlier call may have been committed. Raises what is no outage at once, and the last outage.
    """
    until = time.monotonic() + RETRY_SECONDS
    again = False
    while True:
        try:
            return action(again)
        except DatabaseFailure as error:
            is_outage = met_outage(error)
            connection.close()
            if not is_outage or time.monotonic() > until:
                raise
            again = True
            time.sleep(PAUSE_SECONDS)
