"""Functions and triggers that an app keeps as SQL in files, which its migrations load."""

from pathlib import Path

from django.apps import apps
from django.db.migrations import RunSQL


def load_sql(app: str, name: str) -> str:
    """The text of `sql/<name>.sql` beside the app's models, in UTF-8."""
    return Path(apps.get_app_config(app).path, "sql", f"{name}.sql").read_text(encoding="utf-8")


def validate_where_it_holds(table: str, *constraints: str) -> RunSQL:
    """For constraints that were added NOT VALID: they bind whatever is written from then on.

    Where earlier rows break one, it stays NOT VALID and PostgreSQL warns: a migration doesn't rewrite what curators wrote.
    """
    return RunSQL(
        "".join(
            f"""
            DO $$ BEGIN
                ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};
            EXCEPTION WHEN check_violation THEN
                RAISE WARNING 'Earlier rows of {table} break {constraint}; they can be read, but not saved as they are.';
            END $$;
            """
            for constraint in constraints
        ),
        RunSQL.noop,
    )
