"""Earlier pairs are counted, and earlier verdicts checked, while both are read and written."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

COUNT = "SELECT comparisons_count_pair_panels(array_agg(id)) FROM comparisons_comparison HAVING count(*) > 0"


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0011_pairs_count_what_reviewers_say_of_both")]

    operations = [
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
        ValidateConstraint("verdictchange", "verdict_cause_is_known"),
        ValidateConstraint("verdictchange", "verdict_is_decided_by_a_known_step"),
        ValidateConstraint("verdictchange", "earlier_verdict_is_decided_by_a_known_step"),
    ]
