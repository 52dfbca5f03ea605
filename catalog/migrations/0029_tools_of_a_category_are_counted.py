"""How many tools a category has is kept as tools change, earlier ones counted too."""

from django.db import migrations

from backend.api.sql import load_sql

REVERSE = """
DROP TRIGGER tool_insert_is_counted ON catalog_tool;
DROP TRIGGER tool_update_is_counted ON catalog_tool;
DROP TRIGGER tool_delete_is_counted ON catalog_tool;
DROP TRIGGER tool_counts_are_forgotten ON catalog_tool;
DELETE FROM api_countchange WHERE name = 'tools';
"""


class Migration(migrations.Migration):
    # Writers go on while earlier rows are counted, and are counted too.
    atomic = False

    dependencies = [
        ("api", "0008_counts_are_kept_as_rows_change"),
        ("catalog", "0028_releases_are_found_by_their_product"),
    ]

    operations = [
        migrations.RunSQL(load_sql("catalog", "counts"), REVERSE),
        migrations.RunSQL("SELECT api_mend_counts('tools')", migrations.RunSQL.noop),
    ]
