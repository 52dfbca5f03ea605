"""The tools of a pair that readers have seen stay, since its verdicts are written down as theirs."""

from django.db import migrations

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0013_margins_say_points_of_what")]

    operations = [
        migrations.RunSQL(
            load_sql("comparisons", "publication"), "DROP FUNCTION comparisons_keep_tools CASCADE;"
        ),
    ]
