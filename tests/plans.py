"""Plans of PostgreSQL: whether an index gives a list its order."""

from typing import Any

from django.db import connection, transaction
from rest_framework.test import APIClient

# With these off, PostgreSQL sorts only what no index holds in order, however few rows there are.
WAYS_ROUND_AN_INDEX = ("sort", "seqscan", "bitmapscan", "hashjoin", "mergejoin", "incremental_sort")


# The others of its table, but those that a primary or a foreign key needs.
OTHER_INDEXES = """
    SELECT CASE WHEN own.oid IS NULL THEN format('DROP INDEX %%I', other.relname)
        ELSE format('ALTER TABLE %%s DROP CONSTRAINT %%I', beside.indrelid::regclass, own.conname) END
    FROM pg_class named
    JOIN pg_index ON pg_index.indexrelid = named.oid
    JOIN pg_index beside ON beside.indrelid = pg_index.indrelid AND beside.indexrelid <> named.oid
    JOIN pg_class other ON other.oid = beside.indexrelid
    LEFT JOIN pg_constraint own ON own.conindid = other.oid AND own.contype = 'u'
    WHERE named.relname = %s AND NOT EXISTS (
        SELECT FROM pg_constraint needs WHERE needs.conindid = other.oid AND needs.contype IN ('p', 'f')
    )
"""


def plan_of_list(api: APIClient, address: str, *, index: str) -> str:
    """How PostgreSQL reads the page of a list that an address names, by this index."""
    return plan_of(*statement_of(api, address, holding="key_0"), index=index)


def statement_of(api: APIClient, address: str, *, holding: str) -> tuple[str, Any]:
    """The one of an answer's statements that holds these letters, with its parameters."""
    statements: list[tuple[str, Any]] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        assert api.get(address).status_code == 200
    [(sql, params)] = [(sql, params) for sql, params in statements if holding in sql]
    return sql, params


def drop_other_indexes(index: str) -> None:
    """Leave a table this index alone, until the transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(OTHER_INDEXES, [index])
        for (drop,) in cursor.fetchall():
            cursor.execute(drop)


def plan_of(sql: str, params: Any, *, index: str) -> str:
    """How PostgreSQL reads what a statement asks, where its table has this index alone.

    Of several indexes that serve a few rows PostgreSQL takes the smallest file, and how large each file
    is depends on the tests before: so the others are out of the way, and what is shown is that this one serves.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        drop_other_indexes(index)
        for way in WAYS_ROUND_AN_INDEX:
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", params)
        plan = "\n".join(line for [line] in cursor.fetchall())
        transaction.set_rollback(True)
    return plan
