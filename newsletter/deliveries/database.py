"""How the ledger talks to the database: run a statement, write an array, read the clock."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from django.db import connection

MAX_DETAIL = 500
# The characters that an array of PostgreSQL must not take as its own.
SPECIAL = re.compile(r'["\\]')
BACKSLASHED = r"\\\g<0>"

# Whether the reader still wants the copy `d`: their choice, and their mailbox.
WANTED = """(
    (SELECT status FROM newsletter_subscriber WHERE id = d.subscriber_id) IS NOT DISTINCT FROM 'active'
    AND NOT EXISTS (SELECT FROM newsletter_suppression x WHERE x.address_key = d.address_key)
)"""

# What PostgreSQL says of itself: a restored dump has another database's number, a second cluster another identifier, and a
# promoted standby another timeline. A standby that still follows has none of its own to tell.
CLUSTER = """(
    (SELECT system_identifier FROM pg_control_system())::text
    || '/' || CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END
    || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
)"""


# Any: a row holds whatever types its statement selects, and psycopg takes whatever types it can adapt.
RowValues = tuple[Any, ...]
Values = Mapping[str, Any]


def rows(statement: str, values: Values) -> list[RowValues]:
    """All rows that the statement returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def row_count(statement: str, values: Values) -> int:
    """How many rows the statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def array(values: Iterable[object]) -> str:
    """Text that PostgreSQL reads as an array.

    psycopg can write arrays, but asks each element for its type, which takes longer than the rest of the statement.
    """
    return "{" + ",".join(f'"{SPECIAL.sub(BACKSLASHED, str(value))}"' for value in values) + "}"


def plan_once() -> None:
    """
    Have this connection plan each statement once: for a few copies, planning takes longer than running.

    Not behind a pooler, where it would stay with a session that is another's next (decision 58).
    """
    connection.ensure_connection()
    rows(
        "SELECT set_config('plan_cache_mode', 'force_generic_plan', false) WHERE pg_backend_pid() = %(pid)s",
        {"pid": connection.connection.info.backend_pid},
    )


def database_now() -> datetime:
    """The time by the database's clock, which all processes share."""
    ((now,),) = rows("SELECT clock_timestamp()", {})
    return cast(datetime, now)
