"""Plans of PostgreSQL: whether an index gives a list its order."""

from typing import Any

from django.db import connection, transaction
from rest_framework.test import APIClient

# With these off, PostgreSQL sorts only what no index holds in order, however few rows there are.
WAYS_ROUND_AN_INDEX = ("sort", "seqscan", "bitmapscan", "hashjoin", "mergejoin", "incremental_sort")


def plan_of_list(api: APIClient, address: str) -> str:
    """How PostgreSQL reads the page of a list that an address names, where indexes are preferred to all else."""
    statements: list[tuple[str, Any]] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        assert api.get(address).status_code == 200
    [(sql, params)] = [(sql, params) for sql, params in statements if "key_0" in sql]
    return plan_of(sql, params)


def plan_of(sql: str, params: Any) -> str:
    """The same of a statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        for way in WAYS_ROUND_AN_INDEX:
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", params)
        plan = "\n".join(line for [line] in cursor.fetchall())
        transaction.set_rollback(True)
    return plan
