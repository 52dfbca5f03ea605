"""A pair stands in ascending order of its tools' slug bytes, however it was entered and however tools are renamed."""

from django.db import migrations

from backend.api.sql import load_sql

# Writing the column fires the trigger, which puts the pairs of before in order.
PUT_IN_ORDER = "UPDATE comparisons_comparison SET first_tool_id = first_tool_id;"

DROP = """
DROP FUNCTION comparisons_order_pairs_of_tool CASCADE;
DROP FUNCTION comparisons_order_pair CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0001_curated_pairs")]

    operations = [migrations.RunSQL(load_sql("comparisons", "pair_order") + PUT_IN_ORDER, DROP)]
