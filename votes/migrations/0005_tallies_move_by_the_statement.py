"""Tallies move once a statement instead of once a row, and every tool has a published tally.

A statement that judges 5,000 votes then writes each tally once. It locks the tallies it moves in one order, so that
statements over several tools wait for each other and can't deadlock. A transaction with several statements takes all its
locks first, in the same order.
"""

from importlib import import_module

from django.db import migrations

# What a statement took away and what it brought, as rows with a sign.
CHANGES = {
    "INSERT": "SELECT *, 1 AS sign FROM arrived",
    "DELETE": "SELECT *, -1 AS sign FROM gone",
    "UPDATE": "SELECT *, 1 AS sign FROM arrived UNION ALL SELECT *, -1 FROM gone",
}
TABLES = {
    "INSERT": "NEW TABLE AS arrived",
    "DELETE": "OLD TABLE AS gone",
    "UPDATE": "OLD TABLE AS gone NEW TABLE AS arrived",
}

VOTE_MOVES_TALLY = """
CREATE FUNCTION votes_{verb}_of_votes_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM votes_tally WHERE tool_id IN (SELECT tool_id FROM ({changes}) c)
        ORDER BY tool_id FOR NO KEY UPDATE;
    UPDATE votes_tally t SET
        ship = t.ship + m.ship,
        skip = t.skip + m.skip,
        pending = t.pending + m.pending,
        quarantined = t.quarantined + m.quarantined,
        rejected = t.rejected + m.rejected
    FROM (
        SELECT tool_id,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND value = 'ship'), 0) AS ship,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND value = 'skip'), 0) AS skip,
               coalesce(sum(sign) FILTER (WHERE status = 'pending'), 0) AS pending,
               coalesce(sum(sign) FILTER (WHERE status = 'quarantined'), 0) AS quarantined,
               coalesce(sum(sign) FILTER (WHERE status = 'rejected'), 0) AS rejected
        FROM ({changes}) c GROUP BY tool_id
    ) m
    WHERE t.tool_id = m.tool_id
      AND (m.ship, m.skip, m.pending, m.quarantined, m.rejected) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE TRIGGER {verb}_of_votes_moves_tally AFTER {event} ON votes_vote REFERENCING {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION votes_{verb}_of_votes_moves_tally();
"""

PICK_MOVES_TALLY = """
CREATE FUNCTION votes_{verb}_of_picks_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_picktally (first_tool_id, second_tool_id)
    SELECT DISTINCT first_tool_id, second_tool_id FROM ({changes}) c ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
    PERFORM FROM votes_picktally
        WHERE (first_tool_id, second_tool_id) IN (SELECT first_tool_id, second_tool_id FROM ({changes}) c)
        ORDER BY first_tool_id, second_tool_id FOR NO KEY UPDATE;
    UPDATE votes_picktally t SET
        first = t.first + m.first,
        second = t.second + m.second,
        pending = t.pending + m.pending,
        quarantined = t.quarantined + m.quarantined,
        rejected = t.rejected + m.rejected
    FROM (
        SELECT first_tool_id, second_tool_id,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND chosen_tool_id = first_tool_id), 0) AS first,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND chosen_tool_id = second_tool_id), 0) AS second,
               coalesce(sum(sign) FILTER (WHERE status = 'pending'), 0) AS pending,
               coalesce(sum(sign) FILTER (WHERE status = 'quarantined'), 0) AS quarantined,
               coalesce(sum(sign) FILTER (WHERE status = 'rejected'), 0) AS rejected
        FROM ({changes}) c GROUP BY first_tool_id, second_tool_id
    ) m
    WHERE t.first_tool_id = m.first_tool_id AND t.second_tool_id = m.second_tool_id
      AND (m.first, m.second, m.pending, m.quarantined, m.rejected) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE TRIGGER {verb}_of_picks_moves_tally AFTER {event} ON votes_pick REFERENCING {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION votes_{verb}_of_picks_moves_tally();
"""


def for_each_event(template: str) -> str:
    return "".join(
        template.format(verb=event.lower(), event=event, changes=CHANGES[event], tables=TABLES[event])
        for event in CHANGES
    )


DROP_STATEMENT_TRIGGERS = """
DROP TRIGGER {verb}_of_picks_moves_tally ON votes_pick;
DROP TRIGGER {verb}_of_votes_moves_tally ON votes_vote;
DROP FUNCTION votes_{verb}_of_picks_moves_tally();
DROP FUNCTION votes_{verb}_of_votes_moves_tally();
"""

DROP_ROW_TRIGGERS = """
DROP TRIGGER pick_moves_tally ON votes_pick;
DROP TRIGGER vote_moves_tally ON votes_vote;
DROP FUNCTION votes_pick_moves_tally();
DROP FUNCTION votes_vote_moves_tally();
DROP FUNCTION votes_change(boolean, boolean);
"""

BALLOTS_STAY = """
CREATE FUNCTION votes_ballot_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = TG_ARGV[0];
END $$;

CREATE TRIGGER vote_stays BEFORE UPDATE OF tool_id ON votes_vote
    FOR EACH ROW WHEN (NEW.tool_id <> OLD.tool_id)
    EXECUTE FUNCTION votes_ballot_stays('A vote stays with its tool.');

CREATE TRIGGER pick_stays BEFORE UPDATE OF first_tool_id, second_tool_id ON votes_pick
    FOR EACH ROW WHEN ((NEW.first_tool_id, NEW.second_tool_id) <> (OLD.first_tool_id, OLD.second_tool_id))
    EXECUTE FUNCTION votes_ballot_stays('A pick stays with its pair.');
"""

EVERY_TOOL_HAS_A_PUBLISHED_TALLY = """
CREATE OR REPLACE FUNCTION votes_tool_gets_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_tally (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    INSERT INTO votes_publishedtally (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

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

FORWARD = (
    DROP_ROW_TRIGGERS
    + for_each_event(VOTE_MOVES_TALLY)
    + for_each_event(PICK_MOVES_TALLY)
    + BALLOTS_STAY
    + EVERY_TOOL_HAS_A_PUBLISHED_TALLY
    + ROOM
)

_before = import_module("votes.migrations.0002_tallies_count_themselves").FORWARD
ROW_TRIGGERS = _before[
    _before.index("-- A record that is missing") : _before.index("INSERT INTO votes_tally (tool_id, ship")
]

REVERSE = (
    """
ALTER TABLE votes_picktally RESET (fillfactor);
ALTER TABLE votes_tally RESET (fillfactor);
CREATE OR REPLACE FUNCTION votes_tool_gets_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_tally (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
DELETE FROM votes_publishedpicktally;
DELETE FROM votes_publishedtally;
DROP TRIGGER pick_stays ON votes_pick;
DROP TRIGGER vote_stays ON votes_vote;
DROP FUNCTION votes_ballot_stays();
"""
    + for_each_event(DROP_STATEMENT_TRIGGERS)
    + ROW_TRIGGERS
)


class Migration(migrations.Migration):
    dependencies = [("votes", "0004_votes_are_found_by_time_and_origin")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
