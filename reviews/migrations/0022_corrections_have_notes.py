"""A correction may have a note, which readers are told with it; the database keeps it with the text that it made."""

from django.db import migrations, models

from backend.api.sql import load_sql

BEFORE = "DROP FUNCTION reviews_note_correction, reviews_keep_note CASCADE;"

LATEST = {
    "default": "",
    "db_default": "",
    "blank": True,
    "editable": False,
    "max_length": 500,
}
FORMER = {"db_default": "", "blank": True, "max_length": 500}


class Migration(migrations.Migration):
    dependencies = [("reviews", "0021_roles_of_staff")]

    operations = [
        migrations.AddField("review", "correction_note", models.CharField(**LATEST)),
        migrations.AddField("headtohead", "correction_note", models.CharField(**LATEST)),
        migrations.AddField("reviewrevision", "note", models.CharField(**FORMER)),
        migrations.AddField("headtoheadrevision", "note", models.CharField(**FORMER)),
        migrations.RunSQL(load_sql("reviews", "notes"), BEFORE),
    ]
