"""Transactions that are begun anew when PostgreSQL ends them to resolve a deadlock."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError
from psycopg.errors import DeadlockDetected

TRIES = 4

T = TypeVar("T")


def retry_after_deadlock(action: Callable[[], T]) -> T:
    """Run the action, which is one transaction, up to TRIES times while it ends in a deadlock.

    Raises what the action raises; of a deadlock, django.db.OperationalError after the last try.
    """
    for _ in range(TRIES - 1):
        try:
            return action()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return action()
