"""What a worker finds of a reviewer's reviews beside all others has a row, which readers see."""

from django.db import migrations, models

from backend.api.sql import load_sql

# The row goes with its reviewer, whoever deletes that: old code, which still runs, does not know of it.
CASCADE = """
ALTER TABLE reviews_calibration ADD CONSTRAINT calibration_reviewer_fk
    FOREIGN KEY (reviewer_id) REFERENCES reviews_reviewer (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0022_corrections_have_notes")]

    operations = [
        migrations.CreateModel(
            name="Calibration",
            fields=[
                (
                    "reviewer",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="calibration",
                        serialize=False,
                        to="reviews.reviewer",
                    ),
                ),
                ("ship", models.PositiveIntegerField(db_default=0, default=0)),
                ("total", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "tools",
                    models.PositiveIntegerField(
                        db_default=0, default=0, help_text="How many tools are published."
                    ),
                ),
                ("panel_agrees", models.PositiveIntegerField(db_default=0, default=0)),
                ("panel_total", models.PositiveIntegerField(db_default=0, default=0)),
                ("crowd_agrees", models.PositiveIntegerField(db_default=0, default=0)),
                ("crowd_total", models.PositiveIntegerField(db_default=0, default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ship__lte", models.F("total")),
                            ("panel_agrees__lte", models.F("panel_total")),
                            ("crowd_agrees__lte", models.F("crowd_total")),
                        ),
                        name="a_calibration_counts_parts_of_wholes",
                    )
                ],
            },
        ),
        migrations.RunSQL(CASCADE, migrations.RunSQL.noop),
        migrations.RunSQL(load_sql("reviews", "calibration"), migrations.RunSQL.noop),
    ]
