"""Each closed day has a root over all its lines, and pairs have lines too. Old code writes neither."""

import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_data_alone_are_restored_without_triggers"),
        ("votes", "0013_votes_say_from_which_networks_they_come"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClosedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True)),
                ("line_count", models.PositiveIntegerField()),
                ("root", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="PickTallyDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("first", models.PositiveIntegerField()),
                ("second", models.PositiveIntegerField()),
                ("pending", models.PositiveIntegerField()),
                ("quarantined", models.PositiveIntegerField()),
                ("rejected", models.PositiveIntegerField()),
                ("ruleset", models.CharField(max_length=20)),
                ("digest", models.CharField(max_length=64)),
                (
                    "first_tool",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
                (
                    "second_tool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.tool"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], include=["digest"], name="pick_tally_days_by_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["first_tool", "second_tool", "day"], name="one_line_per_pair_and_day"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            load_sql("votes", "closed_days"),
            "DROP TRIGGER IF EXISTS votes_closedday_refuses_restore ON votes_closedday;",
        ),
    ]
