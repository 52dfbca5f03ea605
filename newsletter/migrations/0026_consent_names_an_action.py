"""The column of what a reader did has the same name in Python as elsewhere; the database keeps its own."""

from django.db import migrations, models

ACTIONS = ["asked", "confirmed", "changed", "unsubscribed", "erased", "suppressed", "lifted"]


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0025_readers_are_mailed_fresh_links")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="consent", name="consent_deed_is_known"),
                migrations.RenameField(model_name="consent", old_name="deed", new_name="action"),
                migrations.AlterField(
                    model_name="consent",
                    name="action",
                    field=models.CharField(
                        choices=[
                            ("asked", "Was mailed a confirmation"),
                            ("confirmed", "Confirmed"),
                            ("changed", "Changed their choices"),
                            ("unsubscribed", "Unsubscribed"),
                            ("erased", "Erased"),
                            ("suppressed", "Suppressed"),
                            ("lifted", "Suppression lifted"),
                        ],
                        db_column="deed",
                        max_length=16,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="consent",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("action__in", ACTIONS)), name="consent_deed_is_known"
                    ),
                ),
            ]
        )
    ]
