"""A change of choices is recorded as consent, and editions note when the addresses were taken out of their copies."""

from django.db import migrations, models

EARLIER = "'asked', 'confirmed', 'unsubscribed', 'erased', 'suppressed', 'lifted'"
# Rows are never changed or deleted, so the way back doesn't look at those that are there.
REPLACE = """
ALTER TABLE newsletter_consent DROP CONSTRAINT consent_deed_is_known;
ALTER TABLE newsletter_consent ADD CONSTRAINT consent_deed_is_known CHECK (deed IN ({})) NOT VALID;
"""
ACTIONS = ["asked", "confirmed", "changed", "unsubscribed", "erased", "suppressed", "lifted"]


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0010_data_alone_are_restored_without_triggers")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="addresses_erased_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When the addresses were taken out of its copies.",
                null=True,
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(REPLACE.format(f"'changed', {EARLIER}"), REPLACE.format(EARLIER)),
                migrations.RunSQL(
                    "ALTER TABLE newsletter_consent VALIDATE CONSTRAINT consent_deed_is_known",
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="consent",
                    name="deed",
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
                        max_length=16,
                    ),
                ),
                migrations.RemoveConstraint(model_name="consent", name="consent_deed_is_known"),
                migrations.AddConstraint(
                    model_name="consent",
                    constraint=models.CheckConstraint(
                        condition=models.Q(deed__in=ACTIONS), name="consent_deed_is_known"
                    ),
                ),
            ],
        ),
    ]
