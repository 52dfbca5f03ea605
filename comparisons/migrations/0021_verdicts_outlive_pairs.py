"""The history of a verdict isn't deleted with its pair."""

import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [
        ("comparisons", "0020_tools_are_merged"),
        ("api", "0004_changes_leave_who_and_why"),
    ]

    operations = [
        migrations.AlterField(
            model_name="verdictchange",
            name="comparison",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verdict_changes",
                to="comparisons.comparison",
            ),
        ),
        migrations.RunSQL(
            load_sql("comparisons", "verdict_history"),
            "DROP TRIGGER verdict_history_stays ON comparisons_verdictchange;",
        ),
    ]
