"""The time zone of a reader decides nothing and is not asked any more.

The column stays for the old code that still runs, which writes it; the default is for the new code, which doesn't.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0011_choices_are_recorded_and_addresses_expire")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE newsletter_subscriber ALTER COLUMN time_zone SET DEFAULT 'UTC'",
                    "ALTER TABLE newsletter_subscriber ALTER COLUMN time_zone DROP DEFAULT",
                )
            ],
            state_operations=[migrations.RemoveField(model_name="subscriber", name="time_zone")],
        ),
    ]
