-- Tallies count votes and picks by choice and status; each statement moves them in its own transaction.
-- Triggers, so that imports, bulk actions of the admin and update() in a shell keep the counts right too.
--
-- They run once a statement, not once a row: a statement that moderates 5,000 votes writes each tally once. Each locks
-- the tallies that it moves in one order, so that statements over several tools wait for each other and can't deadlock.
-- A transaction with several such statements must take all its locks first, in the same order.
--
-- A tool has one tally row with one column a choice: voters of one tool wait for one row lock.
--
-- A count stops at what its column holds, and so do both choices together, since their total is such a column too: a vote
-- must not fail because others voted before.

-- Every tool has a tally and a published tally from the start.
CREATE OR REPLACE FUNCTION votes_tool_gets_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_tally (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    INSERT INTO votes_publishedtally (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tool_gets_tally AFTER INSERT ON catalog_tool
    FOR EACH ROW EXECUTE FUNCTION votes_tool_gets_tally();

-- Votes
--
-- The three functions differ in where their rows come from: an insert has rows that arrived, a delete has rows that are
-- gone, and an update has both. `sign` says whether a row adds to the tally or takes away. A withdrawn vote says nothing,
-- and is in no number.
CREATE OR REPLACE FUNCTION votes_insert_of_votes_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM votes_tally WHERE tool_id IN (SELECT tool_id FROM (SELECT *, 1 AS sign FROM arrived WHERE value IS NOT NULL) c)
        ORDER BY tool_id FOR NO KEY UPDATE;
    UPDATE votes_tally t SET
        ship = least(t.ship + m.ship, 2147483647 - least(t.skip + m.skip, 2147483647)),
        skip = least(t.skip + m.skip, 2147483647),
        pending = least(t.pending + m.pending, 2147483647),
        quarantined = least(t.quarantined + m.quarantined, 2147483647),
        rejected = least(t.rejected + m.rejected, 2147483647)
    FROM (
        SELECT tool_id,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND value = 'ship'), 0) AS ship,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND value = 'skip'), 0) AS skip,
               coalesce(sum(sign) FILTER (WHERE status = 'pending'), 0) AS pending,
               coalesce(sum(sign) FILTER (WHERE status = 'quarantined'), 0) AS quarantined,
               coalesce(sum(sign) FILTER (WHERE status = 'rejected'), 0) AS rejected
        FROM (SELECT *, 1 AS sign FROM arrived WHERE value IS NOT NULL) c GROUP BY tool_id
    ) m
    WHERE t.tool_id = m.tool_id
      AND (m.ship, m.skip, m.pending, m.quarantined, m.rejected) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER insert_of_votes_moves_tally
    AFTER INSERT ON votes_vote REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION votes_insert_of_votes_moves_tally();

CREATE OR REPLACE FUNCTION votes_delete_of_votes_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM votes_tally WHERE tool_id IN (SELECT tool_id FROM (SELECT *, -1 AS sign FROM gone WHERE value IS NOT NULL) c)
        ORDER BY tool_id FOR NO KEY UPDATE;
    UPDATE votes_tally t SET
        ship = least(t.ship + m.ship, 2147483647 - least(t.skip + m.skip, 2147483647)),
        skip = least(t.skip + m.skip, 2147483647),
        pending = least(t.pending + m.pending, 2147483647),
        quarantined = least(t.quarantined + m.quarantined, 2147483647),
        rejected = least(t.rejected + m.rejected, 2147483647)
    FROM (
        SELECT tool_id,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND value = 'ship'), 0) AS ship,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND value = 'skip'), 0) AS skip,
               coalesce(sum(sign) FILTER (WHERE status = 'pending'), 0) AS pending,
               coalesce(sum(sign) FILTER (WHERE status = 'quarantined'), 0) AS quarantined,
               coalesce(sum(sign) FILTER (WHERE status = 'rejected'), 0) AS rejected
        FROM (SELECT *, -1 AS sign FROM gone WHERE value IS NOT NULL) c GROUP BY tool_id
    ) m
    WHERE t.tool_id = m.tool_id
      AND (m.ship, m.skip, m.pending, m.quarantined, m.rejected) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER delete_of_votes_moves_tally
    AFTER DELETE ON votes_vote REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION votes_delete_of_votes_moves_tally();

CREATE OR REPLACE FUNCTION votes_update_of_votes_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM votes_tally WHERE tool_id IN (SELECT tool_id FROM (SELECT *, 1 AS sign FROM arrived WHERE value IS NOT NULL
              UNION ALL SELECT *, -1 FROM gone WHERE value IS NOT NULL) c)
        ORDER BY tool_id FOR NO KEY UPDATE;
    UPDATE votes_tally t SET
        ship = least(t.ship + m.ship, 2147483647 - least(t.skip + m.skip, 2147483647)),
        skip = least(t.skip + m.skip, 2147483647),
        pending = least(t.pending + m.pending, 2147483647),
        quarantined = least(t.quarantined + m.quarantined, 2147483647),
        rejected = least(t.rejected + m.rejected, 2147483647)
    FROM (
        SELECT tool_id,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND value = 'ship'), 0) AS ship,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND value = 'skip'), 0) AS skip,
               coalesce(sum(sign) FILTER (WHERE status = 'pending'), 0) AS pending,
               coalesce(sum(sign) FILTER (WHERE status = 'quarantined'), 0) AS quarantined,
               coalesce(sum(sign) FILTER (WHERE status = 'rejected'), 0) AS rejected
        FROM (SELECT *, 1 AS sign FROM arrived WHERE value IS NOT NULL
              UNION ALL SELECT *, -1 FROM gone WHERE value IS NOT NULL) c GROUP BY tool_id
    ) m
    WHERE t.tool_id = m.tool_id
      AND (m.ship, m.skip, m.pending, m.quarantined, m.rejected) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER update_of_votes_moves_tally
    AFTER UPDATE ON votes_vote REFERENCING OLD TABLE AS gone NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION votes_update_of_votes_moves_tally();

-- Picks
--
-- As above for the two tools of a pair. A pair gets its row with its first pick.
CREATE OR REPLACE FUNCTION votes_insert_of_picks_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_picktally (first_tool_id, second_tool_id)
    SELECT DISTINCT first_tool_id, second_tool_id FROM (SELECT *, 1 AS sign FROM arrived WHERE chosen_tool_id IS NOT NULL) c ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
    PERFORM FROM votes_picktally
        WHERE (first_tool_id, second_tool_id) IN (SELECT first_tool_id, second_tool_id FROM (SELECT *, 1 AS sign FROM arrived WHERE chosen_tool_id IS NOT NULL) c)
        ORDER BY first_tool_id, second_tool_id FOR NO KEY UPDATE;
    UPDATE votes_picktally t SET
        first = least(t.first + m.first, 2147483647 - least(t.second + m.second, 2147483647)),
        second = least(t.second + m.second, 2147483647),
        pending = least(t.pending + m.pending, 2147483647),
        quarantined = least(t.quarantined + m.quarantined, 2147483647),
        rejected = least(t.rejected + m.rejected, 2147483647)
    FROM (
        SELECT first_tool_id, second_tool_id,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND chosen_tool_id = first_tool_id), 0) AS first,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND chosen_tool_id = second_tool_id), 0) AS second,
               coalesce(sum(sign) FILTER (WHERE status = 'pending'), 0) AS pending,
               coalesce(sum(sign) FILTER (WHERE status = 'quarantined'), 0) AS quarantined,
               coalesce(sum(sign) FILTER (WHERE status = 'rejected'), 0) AS rejected
        FROM (SELECT *, 1 AS sign FROM arrived WHERE chosen_tool_id IS NOT NULL) c GROUP BY first_tool_id, second_tool_id
    ) m
    WHERE t.first_tool_id = m.first_tool_id AND t.second_tool_id = m.second_tool_id
      AND (m.first, m.second, m.pending, m.quarantined, m.rejected) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER insert_of_picks_moves_tally
    AFTER INSERT ON votes_pick REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION votes_insert_of_picks_moves_tally();

CREATE OR REPLACE FUNCTION votes_delete_of_picks_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_picktally (first_tool_id, second_tool_id)
    SELECT DISTINCT first_tool_id, second_tool_id FROM (SELECT *, -1 AS sign FROM gone WHERE chosen_tool_id IS NOT NULL) c ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
    PERFORM FROM votes_picktally
        WHERE (first_tool_id, second_tool_id) IN (SELECT first_tool_id, second_tool_id FROM (SELECT *, -1 AS sign FROM gone WHERE chosen_tool_id IS NOT NULL) c)
        ORDER BY first_tool_id, second_tool_id FOR NO KEY UPDATE;
    UPDATE votes_picktally t SET
        first = least(t.first + m.first, 2147483647 - least(t.second + m.second, 2147483647)),
        second = least(t.second + m.second, 2147483647),
        pending = least(t.pending + m.pending, 2147483647),
        quarantined = least(t.quarantined + m.quarantined, 2147483647),
        rejected = least(t.rejected + m.rejected, 2147483647)
    FROM (
        SELECT first_tool_id, second_tool_id,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND chosen_tool_id = first_tool_id), 0) AS first,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND chosen_tool_id = second_tool_id), 0) AS second,
               coalesce(sum(sign) FILTER (WHERE status = 'pending'), 0) AS pending,
               coalesce(sum(sign) FILTER (WHERE status = 'quarantined'), 0) AS quarantined,
               coalesce(sum(sign) FILTER (WHERE status = 'rejected'), 0) AS rejected
        FROM (SELECT *, -1 AS sign FROM gone WHERE chosen_tool_id IS NOT NULL) c GROUP BY first_tool_id, second_tool_id
    ) m
    WHERE t.first_tool_id = m.first_tool_id AND t.second_tool_id = m.second_tool_id
      AND (m.first, m.second, m.pending, m.quarantined, m.rejected) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER delete_of_picks_moves_tally
    AFTER DELETE ON votes_pick REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION votes_delete_of_picks_moves_tally();

CREATE OR REPLACE FUNCTION votes_update_of_picks_moves_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO votes_picktally (first_tool_id, second_tool_id)
    SELECT DISTINCT first_tool_id, second_tool_id FROM (SELECT *, 1 AS sign FROM arrived WHERE chosen_tool_id IS NOT NULL
              UNION ALL SELECT *, -1 FROM gone WHERE chosen_tool_id IS NOT NULL) c ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
    PERFORM FROM votes_picktally
        WHERE (first_tool_id, second_tool_id) IN (SELECT first_tool_id, second_tool_id FROM (SELECT *, 1 AS sign FROM arrived WHERE chosen_tool_id IS NOT NULL
              UNION ALL SELECT *, -1 FROM gone WHERE chosen_tool_id IS NOT NULL) c)
        ORDER BY first_tool_id, second_tool_id FOR NO KEY UPDATE;
    UPDATE votes_picktally t SET
        first = least(t.first + m.first, 2147483647 - least(t.second + m.second, 2147483647)),
        second = least(t.second + m.second, 2147483647),
        pending = least(t.pending + m.pending, 2147483647),
        quarantined = least(t.quarantined + m.quarantined, 2147483647),
        rejected = least(t.rejected + m.rejected, 2147483647)
    FROM (
        SELECT first_tool_id, second_tool_id,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND chosen_tool_id = first_tool_id), 0) AS first,
               coalesce(sum(sign) FILTER (WHERE status = 'counted' AND chosen_tool_id = second_tool_id), 0) AS second,
               coalesce(sum(sign) FILTER (WHERE status = 'pending'), 0) AS pending,
               coalesce(sum(sign) FILTER (WHERE status = 'quarantined'), 0) AS quarantined,
               coalesce(sum(sign) FILTER (WHERE status = 'rejected'), 0) AS rejected
        FROM (SELECT *, 1 AS sign FROM arrived WHERE chosen_tool_id IS NOT NULL
              UNION ALL SELECT *, -1 FROM gone WHERE chosen_tool_id IS NOT NULL) c GROUP BY first_tool_id, second_tool_id
    ) m
    WHERE t.first_tool_id = m.first_tool_id AND t.second_tool_id = m.second_tool_id
      AND (m.first, m.second, m.pending, m.quarantined, m.rejected) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER update_of_picks_moves_tally
    AFTER UPDATE ON votes_pick REFERENCING OLD TABLE AS gone NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION votes_update_of_picks_moves_tally();
