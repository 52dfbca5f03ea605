"""Tools know when readers could first read them, apart from the date shown; changes of tools and categories are kept.

A tool whose date lies ahead is hidden until then: that is what its date was meant for.
"""

from django.db import migrations, models

from backend.api.sql import load_sql

FILL = """
UPDATE catalog_tool SET public_at = published_at WHERE status <> 'draft';
UPDATE catalog_tool SET description = replace(replace(description, E'\\r\\n', E'\\n'), E'\\r', E'\\n')
WHERE strpos(description, E'\\r') > 0;
UPDATE catalog_category SET description = replace(replace(description, E'\\r\\n', E'\\n'), E'\\r', E'\\n')
WHERE strpos(description, E'\\r') > 0;
"""

DROP = """
DROP FUNCTION catalog_keep_publication CASCADE;
DROP TRIGGER category_insert_is_kept ON catalog_category;
DROP TRIGGER category_update_is_kept ON catalog_category;
DROP TRIGGER category_delete_is_kept ON catalog_category;
DROP TRIGGER category_unifies_line_ends ON catalog_category;
DROP TRIGGER tool_insert_is_kept ON catalog_tool;
DROP TRIGGER tool_update_is_kept ON catalog_tool;
DROP TRIGGER tool_delete_is_kept ON catalog_tool;
DROP TRIGGER tool_unifies_line_ends ON catalog_tool;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0004_changes_leave_who_and_why"),
        ("catalog", "0005_search_reads_what_people_type"),
    ]

    operations = [
        migrations.AddField(
            model_name="tool",
            name="public_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(load_sql("catalog", "publication") + load_sql("catalog", "history"), DROP),
    ]
