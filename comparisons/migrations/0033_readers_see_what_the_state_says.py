"""An update of public_at alone publishes and hides no pair."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
DROP TRIGGER comparison_would_be_public_otherwise ON comparisons_comparison;
DROP TRIGGER comparison_would_precede_tools ON comparisons_comparison;
DROP FUNCTION comparisons_refuse_moment_before_tools;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0026_readers_see_what_the_state_says"),
        ("comparisons", "0032_lists_of_tools_have_their_orders"),
    ]

    operations = [migrations.RunSQL(load_sql("comparisons", "moment"), BEFORE)]
