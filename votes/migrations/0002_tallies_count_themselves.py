"""Each vote and each pick moves its tally in the same transaction."""

from django.db import migrations

from backend.api.sql import load_sql

# The table of published tallies comes with 0003, its rows with 0005. Until then a tool gets a tally only.
TOOLS_GET_ONE_TALLY = """
CREATE OR REPLACE FUNCTION votes_tool_gets_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_tally (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
"""

COUNT_WHAT_IS_THERE = """
INSERT INTO votes_tally (tool_id, ship, skip, pending, quarantined, rejected)
SELECT t.id,
       count(*) FILTER (WHERE v.status = 'counted' AND v.value = 'ship'),
       count(*) FILTER (WHERE v.status = 'counted' AND v.value = 'skip'),
       count(*) FILTER (WHERE v.status = 'pending'),
       count(*) FILTER (WHERE v.status = 'quarantined'),
       count(*) FILTER (WHERE v.status = 'rejected')
FROM catalog_tool t LEFT JOIN votes_vote v ON v.tool_id = t.id
GROUP BY t.id
ON CONFLICT DO NOTHING;

INSERT INTO votes_picktally (first_tool_id, second_tool_id, first, second, pending, quarantined, rejected)
SELECT first_tool_id, second_tool_id,
       count(*) FILTER (WHERE status = 'counted' AND chosen_tool_id = first_tool_id),
       count(*) FILTER (WHERE status = 'counted' AND chosen_tool_id = second_tool_id),
       count(*) FILTER (WHERE status = 'pending'),
       count(*) FILTER (WHERE status = 'quarantined'),
       count(*) FILTER (WHERE status = 'rejected')
FROM votes_pick GROUP BY 1, 2
ON CONFLICT DO NOTHING;
"""

# Three functions that this migration made before 0005 replaced them. A database that stopped in between has them still.
DROP_EARLIER = """
DROP FUNCTION IF EXISTS votes_vote_moves_tally CASCADE;
DROP FUNCTION IF EXISTS votes_pick_moves_tally CASCADE;
DROP FUNCTION IF EXISTS votes_change;
"""

DROP = """
DROP FUNCTION IF EXISTS votes_ballot_stays CASCADE;
DROP FUNCTION IF EXISTS votes_insert_of_votes_moves_tally CASCADE;
DROP FUNCTION IF EXISTS votes_delete_of_votes_moves_tally CASCADE;
DROP FUNCTION IF EXISTS votes_update_of_votes_moves_tally CASCADE;
DROP FUNCTION IF EXISTS votes_insert_of_picks_moves_tally CASCADE;
DROP FUNCTION IF EXISTS votes_delete_of_picks_moves_tally CASCADE;
DROP FUNCTION IF EXISTS votes_update_of_picks_moves_tally CASCADE;
DROP FUNCTION votes_tool_gets_tally CASCADE;
DELETE FROM votes_picktally;
DELETE FROM votes_tally;
"""


class Migration(migrations.Migration):
    dependencies = [("votes", "0001_votes_picks_and_tallies")]

    operations = [
        migrations.RunSQL(
            load_sql("votes", "tallies")
            + load_sql("votes", "ballots")
            + TOOLS_GET_ONE_TALLY
            + COUNT_WHAT_IS_THERE,
            DROP_EARLIER + DROP,
        )
    ]
