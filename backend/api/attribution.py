"""Says to the database who changes published data, by what way in and why; triggers write it down with each change."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def attributed(*, source: str, actor: str = "", why: str = "") -> Iterator[None]:
    """One transaction, whose changes are `actor`'s (a user's name) by way of `source` (the admin, a command).

    For the transaction alone, so that it reaches the database through PgBouncer too, and no later transaction.
    """
    with transaction.atomic():
        _attribute(source, actor, why)
        yield
        # A transaction that encloses it goes on. One that is to be rolled back takes no more statements.
        if not connection.needs_rollback:
            _attribute("", "", "")


def _attribute(source: str, actor: str, why: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('history.source', %s, true), set_config('history.actor', %s, true),"
            " set_config('history.why', %s, true)",
            [source, actor, why],
        )
