"""A crowd decides only where its votes come from enough providers too; crowds that did without decide no longer."""

from django.db import migrations

from backend.api.sql import load_sql

DROP_BOUNDS_OF_OTHER_CROWDS = """
UPDATE votes_publishedtally SET bound_low = NULL, bound_high = NULL
WHERE bound_low IS NOT NULL AND NOT votes_are_spread(tool_id, 15, 3);
UPDATE votes_publishedpicktally SET bound_low = NULL, bound_high = NULL
WHERE bound_low IS NOT NULL AND NOT votes_picks_are_spread(first_tool_id, second_tool_id, 15, 3);
"""


class Migration(migrations.Migration):
    dependencies = [("votes", "0018_what_waits_is_found_by_time")]

    operations = [
        # Earlier code calls the same functions, and may keep them.
        migrations.RunSQL(load_sql("votes", "spread"), migrations.RunSQL.noop),
        migrations.RunSQL(DROP_BOUNDS_OF_OTHER_CROWDS, migrations.RunSQL.noop),
    ]
