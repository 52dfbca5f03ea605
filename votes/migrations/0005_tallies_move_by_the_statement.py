"""Tallies move once a statement instead of once a row, and every tool has a published tally."""

from importlib import import_module

from django.db import migrations

from backend.api.sql import load_sql

before = import_module("votes.migrations.0002_tallies_count_themselves")

PUBLISH_WHAT_IS_COUNTED = """
INSERT INTO votes_publishedtally (tool_id, ship, skip, pending, quarantined, rejected)
SELECT tool_id, ship, skip, pending, quarantined, rejected FROM votes_tally ON CONFLICT DO NOTHING;

INSERT INTO votes_publishedpicktally
    (first_tool_id, second_tool_id, first, second, pending, quarantined, rejected)
SELECT first_tool_id, second_tool_id, first, second, pending, quarantined, rejected FROM votes_picktally
ON CONFLICT DO NOTHING;
"""

# Tallies are written often: room on the page keeps their new versions beside the old ones, and out of the indexes.
ROOM = """
ALTER TABLE votes_tally SET (fillfactor = 50);
ALTER TABLE votes_picktally SET (fillfactor = 50);
"""

NO_ROOM = """
ALTER TABLE votes_picktally RESET (fillfactor);
ALTER TABLE votes_tally RESET (fillfactor);
"""

PUBLISH_NOTHING = """
DELETE FROM votes_publishedpicktally;
DELETE FROM votes_publishedtally;
"""


class Migration(migrations.Migration):
    dependencies = [("votes", "0004_votes_are_found_by_time_and_origin")]

    # The way back keeps the triggers on votes and picks: they count as those before them did.
    operations = [
        migrations.RunSQL(
            before.DROP_EARLIER
            + load_sql("votes", "tallies")
            + load_sql("votes", "ballots")
            + PUBLISH_WHAT_IS_COUNTED
            + ROOM,
            NO_ROOM + before.TOOLS_GET_ONE_TALLY + PUBLISH_NOTHING,
        )
    ]
