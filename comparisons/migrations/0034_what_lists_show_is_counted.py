"""How many tools and pairs lists show is kept as their narrow rows change, earlier ones counted too."""

from django.db import migrations

from backend.api.sql import load_sql

REVERSE = """
DROP TRIGGER listed_tool_insert_is_counted ON comparisons_listedtool;
DROP TRIGGER listed_tool_update_is_counted ON comparisons_listedtool;
DROP TRIGGER listed_tool_delete_is_counted ON comparisons_listedtool;
DROP TRIGGER listed_tool_counts_are_forgotten ON comparisons_listedtool;
DROP TRIGGER listed_pair_insert_is_counted ON comparisons_listedpair;
DROP TRIGGER listed_pair_update_is_counted ON comparisons_listedpair;
DROP TRIGGER listed_pair_delete_is_counted ON comparisons_listedpair;
DROP TRIGGER listed_pair_counts_are_forgotten ON comparisons_listedpair;
DELETE FROM api_countchange WHERE name IN ('listed_tools', 'listed_pairs');
"""


class Migration(migrations.Migration):
    # Writers go on while earlier rows are counted, and are counted too.
    atomic = False

    dependencies = [
        ("api", "0008_counts_are_kept_as_rows_change"),
        ("comparisons", "0033_readers_see_what_the_state_says"),
    ]

    operations = [
        migrations.RunSQL(load_sql("comparisons", "counts"), REVERSE),
        migrations.RunSQL("SELECT api_mend_counts('listed_tools')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT api_mend_counts('listed_pairs')", migrations.RunSQL.noop),
    ]
