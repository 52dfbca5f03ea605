"""A ruling's `deed` is called `action` in the code; the column and its constraint stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("votes", "0007_votes_keep_a_network_hash")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="ruling", name="ruling_deed_is_known"),
                migrations.RenameField(model_name="ruling", old_name="deed", new_name="action"),
                migrations.AlterField(
                    model_name="ruling",
                    name="action",
                    field=models.CharField(
                        choices=[
                            ("quarantine", "Quarantined"),
                            ("release", "Released"),
                            ("reject", "Rejected"),
                        ],
                        db_column="deed",
                        max_length=16,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ruling",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("action__in", ["quarantine", "release", "reject"])),
                        name="ruling_deed_is_known",
                    ),
                ),
            ]
        )
    ]
