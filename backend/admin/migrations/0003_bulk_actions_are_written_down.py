"""Bulk actions are written down with their rows, so that they go on after a kill and are undone whole."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.api.ids
from backend.admin.roles import NEEDS, grant


class Migration(migrations.Migration):
    dependencies = [
        ("backend_admin", "0002_administrators_read_the_log"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        *NEEDS,
    ]

    operations = [
        migrations.CreateModel(
            name="BulkAction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=backend.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "step",
                    models.CharField(help_text="The name of a backend.admin.bulk.Step.", max_length=64),
                ),
                ("is_undo", models.BooleanField(default=False)),
                (
                    "count",
                    models.PositiveIntegerField(
                        help_text="Of how many rows it is, without those that were left at once."
                    ),
                ),
                ("why", models.CharField(max_length=1_000)),
                ("begun_at", models.DateTimeField()),
                ("moved_at", models.DateTimeField(help_text="When its last batch was done.")),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "begun_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="backend_admin.bulkaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "bulk action",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)),
                        fields=["moved_at"],
                        name="bulk_actions_under_way",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("row_id", models.UUIDField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("left", "Left as it was")],
                        max_length=8,
                    ),
                ),
                (
                    "reason",
                    models.TextField(blank=True, db_default="", help_text="Why it was left as it was."),
                ),
                (
                    "mark",
                    models.TextField(
                        blank=True,
                        db_default="",
                        help_text="Which change of the row was its last once it was done. With another, somebody changed it since.",
                    ),
                ),
                (
                    "action",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="backend_admin.bulkaction",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["action", "outcome", "row_id"], name="bulk_rows_by_outcome")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("row_id", "action"), name="a_bulk_action_names_a_row_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["waiting", "done", "left"])),
                        name="bulk_row_outcome_is_known",
                    ),
                ],
            },
        ),
        grant("backend_admin", editor=["view_bulkaction"], moderator=["view_bulkaction"]),
    ]
