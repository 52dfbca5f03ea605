"""What follows from other rows is planned once for a connection, and by indexes alone."""

from django.db import migrations

from backend.api.sql import load_sql

# As it was before.
BEFORE = """
ALTER FUNCTION {name} RESET plan_cache_mode;
ALTER FUNCTION {name} RESET enable_seqscan;
ALTER FUNCTION {name} RESET enable_hashjoin;
ALTER FUNCTION {name} RESET enable_mergejoin;
"""


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0040_rows_that_follow_are_planned_quickly")]

    operations = [
        migrations.RunSQL(
            load_sql("comparisons", "search_documents"), BEFORE.format(name="comparisons_document_tools")
        ),
        migrations.RunSQL(load_sql("comparisons", "listings"), BEFORE.format(name="comparisons_list_tools")),
    ]
