"""Changes of what readers see are told to web processes."""

from django.db import migrations

from backend.api.sql import load_sql

DROP = """
DROP TRIGGER publishedtally_change_is_told ON votes_publishedtally;
DROP TRIGGER publishedpicktally_change_is_told ON votes_publishedpicktally;
DROP TRIGGER tallyday_change_is_told ON votes_tallyday;
DROP TRIGGER picktallyday_change_is_told ON votes_picktallyday;
DROP TRIGGER closedday_change_is_told ON votes_closedday;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_changes_of_public_data_are_told"),
        ("votes", "0015_lines_are_found_by_day"),
    ]

    operations = [migrations.RunSQL(load_sql("votes", "public_changes"), DROP)]
