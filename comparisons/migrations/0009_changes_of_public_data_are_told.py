"""Changes of public pairs are told to web processes, and when the next thing becomes public by the clock."""

from django.db import migrations

from backend.api.sql import load_sql

DROP = """
DROP TRIGGER comparison_change_is_told ON comparisons_comparison;
DROP TRIGGER verdictchange_change_is_told ON comparisons_verdictchange;
DROP FUNCTION comparisons_next_publication;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_changes_of_public_data_are_told"),
        ("catalog", "0008_changes_of_public_data_are_told"),
        ("reviews", "0013_changes_of_public_data_are_told"),
        ("comparisons", "0008_pairs_are_found_by_their_next_moment"),
    ]

    operations = [migrations.RunSQL(load_sql("comparisons", "public_changes"), DROP)]
