"""A ballot stays with its tool unless tools are merged, which says so for its transaction."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
CREATE OR REPLACE TRIGGER vote_stays BEFORE UPDATE OF tool_id, voter_id ON votes_vote
    FOR EACH ROW WHEN ((NEW.tool_id, NEW.voter_id) <> (OLD.tool_id, OLD.voter_id))
    EXECUTE FUNCTION votes_ballot_stays('A vote stays with its voter and tool.');

CREATE OR REPLACE TRIGGER pick_stays BEFORE UPDATE OF first_tool_id, second_tool_id, voter_id ON votes_pick
    FOR EACH ROW WHEN ((NEW.first_tool_id, NEW.second_tool_id, NEW.voter_id) <> (OLD.first_tool_id, OLD.second_tool_id, OLD.voter_id))
    EXECUTE FUNCTION votes_ballot_stays('A pick stays with its voter and pair.');
"""


class Migration(migrations.Migration):
    dependencies = [("votes", "0021_tools_are_found_by_the_bounds_of_their_crowds")]

    operations = [migrations.RunSQL(load_sql("votes", "ballots"), BEFORE)]
