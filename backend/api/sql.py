"""Functions and triggers that an app keeps as SQL in files, which its migrations load."""

from pathlib import Path

from django.apps import apps


def load_sql(app: str, name: str) -> str:
    """The text of `sql/<name>.sql` beside the app's models, in UTF-8."""
    return Path(apps.get_app_config(app).path, "sql", f"{name}.sql").read_text(encoding="utf-8")
