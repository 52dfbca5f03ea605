"""Each vote and each pick moves its tally in the same transaction, whoever writes it.

One row a tool with one column a choice: concurrent voters then queue on one row lock and can't deadlock.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION votes_tool_gets_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_tally (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER tool_gets_tally AFTER INSERT ON catalog_tool
    FOR EACH ROW EXECUTE FUNCTION votes_tool_gets_tally();

-- A record that is missing (OLD of an insert, NEW of a delete) holds nulls, and so counts for nothing.
CREATE FUNCTION votes_change(was boolean, now boolean) RETURNS int IMMUTABLE LANGUAGE sql AS $$
    SELECT coalesce(now, false)::int - coalesce(was, false)::int;
$$;

CREATE FUNCTION votes_vote_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.tool_id <> OLD.tool_id THEN
        RAISE check_violation USING MESSAGE = 'A vote stays with its tool.';
    END IF;
    UPDATE votes_tally SET
        ship = ship + votes_change(OLD.status = 'counted' AND OLD.value = 'ship',
                                   NEW.status = 'counted' AND NEW.value = 'ship'),
        skip = skip + votes_change(OLD.status = 'counted' AND OLD.value = 'skip',
                                   NEW.status = 'counted' AND NEW.value = 'skip'),
        pending = pending + votes_change(OLD.status = 'pending', NEW.status = 'pending'),
        quarantined = quarantined + votes_change(OLD.status = 'quarantined', NEW.status = 'quarantined'),
        rejected = rejected + votes_change(OLD.status = 'rejected', NEW.status = 'rejected')
    WHERE tool_id = coalesce(NEW.tool_id, OLD.tool_id);
    RETURN NULL;
END $$;

CREATE TRIGGER vote_moves_tally AFTER INSERT OR DELETE OR UPDATE OF status, value, tool_id ON votes_vote
    FOR EACH ROW EXECUTE FUNCTION votes_vote_moves_tally();

CREATE FUNCTION votes_pick_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.first_tool_id, NEW.second_tool_id) <> (OLD.first_tool_id, OLD.second_tool_id) THEN
        RAISE check_violation USING MESSAGE = 'A pick stays with its pair.';
    END IF;
    INSERT INTO votes_picktally (first_tool_id, second_tool_id)
    VALUES (coalesce(NEW.first_tool_id, OLD.first_tool_id), coalesce(NEW.second_tool_id, OLD.second_tool_id))
    ON CONFLICT DO NOTHING;
    UPDATE votes_picktally SET
        first = first + votes_change(OLD.status = 'counted' AND OLD.chosen_tool_id = OLD.first_tool_id,
                                     NEW.status = 'counted' AND NEW.chosen_tool_id = NEW.first_tool_id),
        second = second + votes_change(OLD.status = 'counted' AND OLD.chosen_tool_id = OLD.second_tool_id,
                                       NEW.status = 'counted' AND NEW.chosen_tool_id = NEW.second_tool_id),
        pending = pending + votes_change(OLD.status = 'pending', NEW.status = 'pending'),
        quarantined = quarantined + votes_change(OLD.status = 'quarantined', NEW.status = 'quarantined'),
        rejected = rejected + votes_change(OLD.status = 'rejected', NEW.status = 'rejected')
    WHERE first_tool_id = coalesce(NEW.first_tool_id, OLD.first_tool_id)
      AND second_tool_id = coalesce(NEW.second_tool_id, OLD.second_tool_id);
    RETURN NULL;
END $$;

CREATE TRIGGER pick_moves_tally
    AFTER INSERT OR DELETE OR UPDATE OF status, chosen_tool_id, first_tool_id, second_tool_id ON votes_pick
    FOR EACH ROW EXECUTE FUNCTION votes_pick_moves_tally();

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

REVERSE = """
DROP TRIGGER pick_moves_tally ON votes_pick;
DROP TRIGGER vote_moves_tally ON votes_vote;
DROP TRIGGER tool_gets_tally ON catalog_tool;
DROP FUNCTION votes_pick_moves_tally();
DROP FUNCTION votes_vote_moves_tally();
DROP FUNCTION votes_change(boolean, boolean);
DROP FUNCTION votes_tool_gets_tally();
DELETE FROM votes_picktally;
DELETE FROM votes_tally;
"""


class Migration(migrations.Migration):
    dependencies = [("votes", "0001_votes_picks_and_tallies")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
