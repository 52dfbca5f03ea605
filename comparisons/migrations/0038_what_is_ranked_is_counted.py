"""How many tools rankings are about is kept as their narrow rows change, earlier ones counted too."""

from django.db import migrations

from backend.api.sql import load_sql

REVERSE = "".join(
    f"""
    DROP TRIGGER {by}_rank_insert_is_counted ON comparisons_listedtool;
    DROP TRIGGER {by}_rank_update_is_counted ON comparisons_listedtool;
    DROP TRIGGER {by}_rank_delete_is_counted ON comparisons_listedtool;
    DROP TRIGGER {by}_rank_counts_are_forgotten ON comparisons_listedtool;
    DELETE FROM api_countchange WHERE name = 'ranked_by_{by}';
    """
    for by in ("panel", "crowd")
)


class Migration(migrations.Migration):
    # Writers go on while earlier rows are counted, and are counted too.
    atomic = False

    dependencies = [("comparisons", "0037_earlier_tools_have_documents")]

    operations = [
        migrations.RunSQL(load_sql("comparisons", "ranking_counts"), REVERSE),
        migrations.RunSQL("SELECT api_mend_counts('ranked_by_panel')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT api_mend_counts('ranked_by_crowd')", migrations.RunSQL.noop),
    ]
