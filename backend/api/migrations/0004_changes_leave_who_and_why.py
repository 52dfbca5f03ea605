"""Published data leave who changed them, and why: the table, and what triggers of other apps call."""

import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.db import migrations, models

from backend.api.sql import load_sql

DROP = """
DROP FUNCTION api_keep_changes CASCADE;
DROP FUNCTION api_refuse_rewriting CASCADE;
DROP FUNCTION api_unify_line_ends CASCADE;
DROP TRIGGER api_change_refuses_restore ON api_change;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0003_data_alone_are_restored_without_triggers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table_name", models.CharField(max_length=63)),
                ("row_id", models.UUIDField()),
                (
                    "action",
                    models.CharField(
                        choices=[("insert", "Added"), ("update", "Changed"), ("delete", "Deleted")],
                        max_length=8,
                    ),
                ),
                ("columns", models.JSONField()),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "actor",
                    models.TextField(
                        blank=True,
                        db_default=django.db.models.functions.comparison.Coalesce(
                            models.Func(
                                models.Value("history.actor"), models.Value(True), function="current_setting"
                            ),
                            models.Value(""),
                            output_field=models.TextField(),
                        ),
                        help_text="The user, where it was one.",
                    ),
                ),
                (
                    "source",
                    models.TextField(
                        blank=True,
                        db_default=django.db.models.functions.comparison.Coalesce(
                            models.Func(
                                models.Value("history.source"), models.Value(True), function="current_setting"
                            ),
                            models.Value(""),
                            output_field=models.TextField(),
                        ),
                        help_text="The admin, or a command; empty for a shell and plain SQL.",
                    ),
                ),
                (
                    "role",
                    models.TextField(
                        db_default=models.Func(template="SESSION_USER"), help_text="The database's role."
                    ),
                ),
                (
                    "why",
                    models.TextField(
                        blank=True,
                        db_default=django.db.models.functions.comparison.Coalesce(
                            models.Func(
                                models.Value("history.why"), models.Value(True), function="current_setting"
                            ),
                            models.Value(""),
                            output_field=models.TextField(),
                        ),
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["row_id", "id"], name="changes_by_row")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["insert", "update", "delete"])),
                        name="a_change_is_of_a_known_kind",
                    )
                ],
            },
        ),
        migrations.RunSQL(load_sql("api", "row_history") + load_sql("api", "line_ends"), DROP),
    ]
