"""Changes of what readers see are told to web processes."""

from django.db import migrations

from backend.api.sql import load_sql

DROP = """
DROP TRIGGER category_change_is_told ON catalog_category;
DROP TRIGGER tool_change_is_told ON catalog_tool;
DROP TRIGGER toolalias_change_is_told ON catalog_toolalias;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_changes_of_public_data_are_told"),
        ("catalog", "0007_tools_are_found_by_when_they_become_public"),
    ]

    operations = [migrations.RunSQL(load_sql("catalog", "public_changes"), DROP)]
