"""Renaming a tool leaves its earlier slug behind as an alias, and a slug never changes hands."""

from django.db import migrations

from backend.api.sql import load_sql

DROP = """
DROP FUNCTION catalog_alias_takes_slug CASCADE;
DROP FUNCTION catalog_tool_takes_slug CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_catalog")]

    operations = [migrations.RunSQL(load_sql("catalog", "slugs"), DROP)]
