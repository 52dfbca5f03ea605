"""The one plan of what follows from other rows reads no index whole."""

from django.db import migrations

from backend.api.sql import load_sql

# As it was before.
BEFORE = """
ALTER FUNCTION {name} RESET enable_indexscan;
ALTER FUNCTION {name} RESET enable_indexonlyscan;
"""


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0041_rows_that_follow_are_planned_once")]

    operations = [
        migrations.RunSQL(
            load_sql("comparisons", "search_documents"), BEFORE.format(name="comparisons_document_tools")
        ),
        migrations.RunSQL(load_sql("comparisons", "listings"), BEFORE.format(name="comparisons_list_tools")),
    ]
