"""Says to the database who changes published data, by what way in and why; triggers write it down with each change."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def attributed(*, source: str, actor: str = "", why: str = "", note: str = "") -> Iterator[None]:
    """One transaction, whose changes are `actor`'s (a user's name) by way of `source` (the admin, a command).

    `why` is for colleagues; `note` is what readers are told of a correction.

    For the transaction alone, so that it reaches the database through PgBouncer too, and no later transaction.
    """
    with transaction.atomic():
        _attribute(source, actor, why, note)
        yield
        # A transaction that encloses it goes on. One that is to be rolled back takes no more statements.
        if not connection.needs_rollback:
            _attribute("", "", "", "")


def _attribute(*said: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('history.source', %s, true), set_config('history.actor', %s, true),"
            " set_config('history.why', %s, true), set_config('history.note', %s, true)",
            # PostgreSQL keeps no NUL, and a form refuses it in its own words.
            [words.replace("\0", " ") for words in said],
        )
