"""Counts are kept as the rows that they count change; apps say in migrations of theirs what is counted."""

import django.contrib.postgres.fields
from django.db import migrations, models

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [("api", "0007_used_accounts_stay")]

    operations = [
        migrations.CreateModel(
            name="CountChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=63)),
                (
                    "key",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("number", models.IntegerField()),
            ],
            options={"indexes": [models.Index(fields=["name", "key"], name="count_changes_by_key")]},
        ),
        migrations.RunSQL(
            load_sql("api", "row_counts"),
            """
            DROP TRIGGER countchange_change_is_told ON api_countchange;
            DROP TRIGGER api_countchange_refuses_restore ON api_countchange;
            DROP FUNCTION api_count_changes, api_forget_counts, api_mend_counts;
            """,
        ),
    ]
