"""What follows from other rows is joined in the order that is written, which takes less to plan."""

from django.db import migrations

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0039_merged_tools_get_no_pairs")]

    operations = [
        migrations.RunSQL(
            load_sql("comparisons", "pair_panels"),
            "ALTER FUNCTION comparisons_count_pair_panels RESET ALL;",
        ),
        migrations.RunSQL(
            load_sql("comparisons", "search_documents"),
            "ALTER FUNCTION comparisons_document_tools RESET ALL;",
        ),
        migrations.RunSQL(
            load_sql("comparisons", "listings"),
            "ALTER FUNCTION comparisons_list_tools RESET ALL;",
        ),
    ]
