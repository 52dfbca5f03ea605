"""Whether a pooler such as PgBouncer stands before PostgreSQL, and whether the product works behind it (decision 58)."""

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

# A pooler has process ids of its own, and one that knows prepared statements has names of its own for them.
PROBE = (
    "SELECT pg_backend_pid(), EXISTS (SELECT FROM pg_prepared_statements WHERE starts_with(name, '_pg3_'))"
)

OPTIONS_REFUSED = (
    "DATABASE_URL leads to a PgBouncer that refuses our options: "
    "set ignore_startup_parameters = options there (docs/operators.md, PgBouncer)."
)
NOT_FIT = (
    "DATABASE_URL leads to a pooler that knows no prepared statements: it must be PgBouncer 1.21 or newer, with "
    "pool_mode = transaction and max_prepared_statements above 0 (docs/operators.md, PgBouncer)."
)


def find_pooler() -> bool:
    """
    Whether DATABASE_URL leads to a pooler. Makes a connection of its own, and one query.

    Raises ImproperlyConfigured where the product does not work behind it. False too while no connection can be made, for
    processes start without the database.
    """
    parameters = connection.get_connection_params()
    try:
        # Closed without a COMMIT. All that stands in it is sent over one connection of the pooler.
        with psycopg.connect(**parameters) as fresh:
            ((pid, keeps_names),) = fresh.execute(PROBE, prepare=True).fetchall()
            is_pooled: bool = pid != fresh.info.backend_pid
    except (psycopg.errors.DuplicatePreparedStatement, psycopg.errors.InvalidSqlStatementName):
        raise ImproperlyConfigured(NOT_FIT) from None
    except psycopg.OperationalError as error:
        if "unsupported startup parameter" in str(error):
            raise ImproperlyConfigured(OPTIONS_REFUSED) from None
        return False
    if is_pooled and keeps_names:
        raise ImproperlyConfigured(NOT_FIT)
    return is_pooled
