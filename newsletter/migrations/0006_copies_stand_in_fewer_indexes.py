"""Half the indexes on copies: each of them cost a little at each step of each mail. Made beside running code."""

import django.db.models.deletion
from django.db import migrations, models

NEW = "one_delivery_per_subscriber_and_edition"
OLD = "one_delivery_per_edition_and_subscriber"


def added(name: str, columns: str) -> list[str]:
    """Built while others write, then made a constraint, which takes no time."""
    return [
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON newsletter_delivery ({columns})",
        f"ALTER TABLE newsletter_delivery ADD CONSTRAINT {name} UNIQUE USING INDEX {name}",
    ]


def removed(name: str) -> list[str]:
    return [f"ALTER TABLE newsletter_delivery DROP CONSTRAINT {name}"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("newsletter", "0005_copies_are_found_by_what_they_wait_for")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(added(NEW, "subscriber_id, edition_id"), removed(NEW)),
                migrations.RunSQL(removed(OLD), added(OLD, "edition_id, subscriber_id")),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="delivery", name=OLD),
                migrations.AddConstraint(
                    model_name="delivery",
                    constraint=models.UniqueConstraint(fields=["subscriber", "edition"], name=NEW),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="delivery",
            name="edition",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="newsletter.edition",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="subscriber",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="deliveries",
                to="newsletter.subscriber",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="segment",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="newsletter.segment",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="message_id",
            field=models.CharField(help_text="It follows from the id.", max_length=200),
        ),
    ]
