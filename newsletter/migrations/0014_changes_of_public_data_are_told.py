"""Changes of what readers see are told to web processes."""

from django.db import migrations

from backend.api.sql import load_sql

DROP = """
DROP TRIGGER edition_change_is_told ON newsletter_edition;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_changes_of_public_data_are_told"),
        ("newsletter", "0013_every_topic_is_a_choice_of_its_own"),
    ]

    operations = [migrations.RunSQL(load_sql("newsletter", "public_changes"), DROP)]
