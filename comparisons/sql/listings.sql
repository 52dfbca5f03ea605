-- What lists filter and sort by stands in one narrow row for each tool and each pair, so that an index holds any order of any
-- filter: comparisons_listedtool, comparisons_listedpair. Drafts have rows too, which no list shows.
--
-- A row follows from other tables, and is made from them again when one of these changes. That happens as a transaction
-- commits, in one order of ids: an import that takes minutes makes no step of tallies wait for it, and two that commit at once
-- can't deadlock. Who comes second sees what the first has committed.

-- What the rows of these tools are.
CREATE OR REPLACE FUNCTION comparisons_tools_as_listed(tools uuid[]) RETURNS SETOF comparisons_listedtool
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT t.id, t.status = 'published', t.public_at, t.published_at, t.sort_key, t.category_id, t.pricing_entry,
        p.call, p.percent, p.total, v.total, v.bound_low, v.bound_high
    FROM catalog_tool t
    JOIN reviews_panel p ON p.tool_id = t.id
    JOIN votes_publishedtally v ON v.tool_id = t.id
    WHERE t.id = ANY (tools);
END $$;

-- What the rows of all pairs are in which one of these tools stands. The outcome is that of comparisons.rules, whose minimum
-- of three reviewers stands here too; the gap is the points between the panel's lead and the crowd's, 0 while one is unknown.
CREATE OR REPLACE FUNCTION comparisons_pairs_as_listed(tools uuid[]) RETURNS SETOF comparisons_listedpair
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT c.id, c.status = 'published', c.public_at, c.published_at, c.first_tool_id, c.second_tool_id,
        one.category_id, other.category_id,
        CASE
            WHEN s.shared_total >= 3 AND s.shared_first <> s.shared_second
                OR s.choose_first >= 3 AND s.choose_first > s.choose_second
                OR s.choose_second >= 3 AND s.choose_second > s.choose_first
                OR one_crowd.bound_low > other_crowd.bound_high OR other_crowd.bound_low > one_crowd.bound_high
                OR picks.bound_low > 0.5 OR picks.bound_high < 0.5 THEN 'winner'
            WHEN s.shared_total >= 3 THEN 'tie'
            ELSE 'insufficient'
        END::varchar(16),
        coalesce(picks.total, 0),
        coalesce(abs(
            one_panel.percent - other_panel.percent
            - (one_crowd.ship * 200::bigint + one_crowd.total) / nullif(one_crowd.total * 2::bigint, 0)
            + (other_crowd.ship * 200::bigint + other_crowd.total) / nullif(other_crowd.total * 2::bigint, 0)
        ), 0)::int
    FROM comparisons_comparison c
    JOIN comparisons_pairpanel s ON s.comparison_id = c.id
    JOIN catalog_tool one ON one.id = c.first_tool_id
    JOIN catalog_tool other ON other.id = c.second_tool_id
    JOIN reviews_panel one_panel ON one_panel.tool_id = c.first_tool_id
    JOIN reviews_panel other_panel ON other_panel.tool_id = c.second_tool_id
    JOIN votes_publishedtally one_crowd ON one_crowd.tool_id = c.first_tool_id
    JOIN votes_publishedtally other_crowd ON other_crowd.tool_id = c.second_tool_id
    LEFT JOIN votes_publishedpicktally picks
        ON picks.first_tool_id = least(c.first_tool_id, c.second_tool_id)
        AND picks.second_tool_id = greatest(c.first_tool_id, c.second_tool_id)
    WHERE c.first_tool_id = ANY (tools) OR c.second_tool_id = ANY (tools);
END $$;

-- Makes the rows of these tools, and of the pairs in which they stand, what they should be; how many were not.
--
-- Planned once for a connection, in the order that is written and by bitmaps of indexes alone: so the plan stays right when the
-- tables have grown. An index that is read in its order instead may be read whole, which costs nothing while the table is empty.
-- Planning at each change takes several times as long as reading a tool's few rows.
CREATE OR REPLACE FUNCTION comparisons_list_tools(tools uuid[]) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET join_collapse_limit = 1 SET from_collapse_limit = 1
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    moved bigint;
    mended bigint := 0;
BEGIN
    INSERT INTO comparisons_listedtool SELECT * FROM comparisons_tools_as_listed(tools) ORDER BY tool_id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS moved = ROW_COUNT;
    mended := mended + moved;
    PERFORM FROM comparisons_listedtool WHERE tool_id = ANY (tools) ORDER BY tool_id FOR NO KEY UPDATE;
    UPDATE comparisons_listedtool l SET
        is_listed = n.is_listed, public_at = n.public_at, published_at = n.published_at, sort_key = n.sort_key,
        category_id = n.category_id, entry = n.entry, call = n.call, panel_percent = n.panel_percent,
        panel_total = n.panel_total, votes = n.votes, crowd_low = n.crowd_low, crowd_high = n.crowd_high
    FROM comparisons_tools_as_listed(tools) n WHERE n.tool_id = l.tool_id AND l IS DISTINCT FROM n;
    GET DIAGNOSTICS moved = ROW_COUNT;
    mended := mended + moved;

    -- A pair that is being deleted is waited for, and has no row then.
    PERFORM FROM comparisons_comparison WHERE first_tool_id = ANY (tools) OR second_tool_id = ANY (tools)
        ORDER BY id FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN mended;
    END IF;
    INSERT INTO comparisons_listedpair SELECT * FROM comparisons_pairs_as_listed(tools) ORDER BY comparison_id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS moved = ROW_COUNT;
    mended := mended + moved;
    PERFORM FROM comparisons_listedpair WHERE first_tool_id = ANY (tools) OR second_tool_id = ANY (tools)
        ORDER BY comparison_id FOR NO KEY UPDATE;
    UPDATE comparisons_listedpair l SET
        is_listed = n.is_listed, public_at = n.public_at, published_at = n.published_at, first_tool_id = n.first_tool_id,
        second_tool_id = n.second_tool_id, first_category_id = n.first_category_id,
        second_category_id = n.second_category_id, outcome = n.outcome, pick_count = n.pick_count,
        panel_crowd_gap = n.panel_crowd_gap
    FROM comparisons_pairs_as_listed(tools) n WHERE n.comparison_id = l.comparison_id AND l IS DISTINCT FROM n;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN mended + moved;
END $$;

-- Tools whose rows may have changed wait in a table until their transaction commits. It is empty to everybody else.
CREATE OR REPLACE FUNCTION comparisons_list_as_it_commits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tools uuid[];
BEGIN
    -- The first of a transaction takes all that it left.
    IF NOT EXISTS (SELECT FROM comparisons_relisting WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    WITH taken AS (DELETE FROM comparisons_relisting RETURNING tool_ids)
    SELECT array_agg(DISTINCT tool_id) INTO tools FROM taken, unnest(tool_ids) tool_id;
    PERFORM comparisons_list_tools(tools);
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS listings_are_made_at_commit ON comparisons_relisting;
CREATE CONSTRAINT TRIGGER listings_are_made_at_commit AFTER INSERT ON comparisons_relisting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION comparisons_list_as_it_commits();

-- It refers to no other table of ours; backend/api/sql/restores.sql says what such tables refuse.
CREATE OR REPLACE TRIGGER comparisons_relisting_refuses_restore BEFORE INSERT ON comparisons_relisting
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE FUNCTION comparisons_relist(tools uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(tools) > 0 THEN
        INSERT INTO comparisons_relisting (tool_ids) VALUES (tools);
    END IF;
END $$;

-- Both tools of a pair, so that two that commit at once, each for one of the tools, wait for each other.

-- Triggers of a statement, which fire after those that count: by the alphabet, and those of a row before.

CREATE OR REPLACE FUNCTION comparisons_tools_are_relisted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM comparisons_relist(array_agg(id)) FROM new_rows;
    ELSE
        PERFORM comparisons_relist(array_agg(id)) FROM old_rows was JOIN new_rows is_now USING (id)
        WHERE (was.status, was.public_at, was.published_at, was.name, was.category_id, was.pricing_entry)
            IS DISTINCT FROM
            (is_now.status, is_now.public_at, is_now.published_at, is_now.name, is_now.category_id, is_now.pricing_entry);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tool_insert_relists AFTER INSERT ON catalog_tool
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_tools_are_relisted();
CREATE OR REPLACE TRIGGER tool_update_relists AFTER UPDATE ON catalog_tool
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION comparisons_tools_are_relisted();

CREATE OR REPLACE FUNCTION comparisons_reviews_relist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM comparisons_relist(array_agg(DISTINCT tool_id)) FROM new_rows WHERE status = 'published';
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM comparisons_relist(array_agg(DISTINCT tool_id)) FROM old_rows WHERE status = 'published';
    ELSE
        PERFORM comparisons_relist(array_agg(DISTINCT moved.tool_id))
        FROM old_rows was JOIN new_rows is_now USING (id), LATERAL (VALUES (was.tool_id), (is_now.tool_id)) moved (tool_id)
        WHERE 'published' IN (was.status, is_now.status)
          AND (was.status, was.verdict, was.tool_id, was.reviewer_id)
            <> (is_now.status, is_now.verdict, is_now.tool_id, is_now.reviewer_id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER review_insert_relists AFTER INSERT ON reviews_review
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_reviews_relist();
CREATE OR REPLACE TRIGGER review_update_relists AFTER UPDATE ON reviews_review
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_reviews_relist();
CREATE OR REPLACE TRIGGER review_delete_relists AFTER DELETE ON reviews_review
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_reviews_relist();

-- A pair is found by either tool.
CREATE OR REPLACE FUNCTION comparisons_answers_relist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM comparisons_relist(array_agg(DISTINCT first_tool_id)) FROM new_rows WHERE status = 'published';
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM comparisons_relist(array_agg(DISTINCT first_tool_id)) FROM old_rows WHERE status = 'published';
    ELSE
        PERFORM comparisons_relist(array_agg(DISTINCT moved.tool_id))
        FROM old_rows was JOIN new_rows is_now USING (id),
            LATERAL (VALUES (was.first_tool_id), (is_now.first_tool_id)) moved (tool_id)
        WHERE 'published' IN (was.status, is_now.status)
          AND (was.status, was.choice_id, was.first_tool_id, was.second_tool_id)
            IS DISTINCT FROM (is_now.status, is_now.choice_id, is_now.first_tool_id, is_now.second_tool_id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER head_to_head_insert_relists AFTER INSERT ON reviews_headtohead
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_answers_relist();
CREATE OR REPLACE TRIGGER head_to_head_update_relists AFTER UPDATE ON reviews_headtohead
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_answers_relist();
CREATE OR REPLACE TRIGGER head_to_head_delete_relists AFTER DELETE ON reviews_headtohead
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_answers_relist();

CREATE OR REPLACE FUNCTION comparisons_pairs_are_relisted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM comparisons_relist(array_agg(DISTINCT tool_id))
        FROM new_rows, LATERAL (VALUES (first_tool_id), (second_tool_id)) side (tool_id);
    ELSE
        PERFORM comparisons_relist(array_agg(DISTINCT tool_id))
        FROM old_rows was JOIN new_rows is_now USING (id),
            LATERAL (VALUES (is_now.first_tool_id), (is_now.second_tool_id)) side (tool_id)
        WHERE (was.status, was.public_at, was.published_at, was.first_tool_id, was.second_tool_id)
            IS DISTINCT FROM
            (is_now.status, is_now.public_at, is_now.published_at, is_now.first_tool_id, is_now.second_tool_id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER pair_insert_relists AFTER INSERT ON comparisons_comparison
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_pairs_are_relisted();
CREATE OR REPLACE TRIGGER pair_update_relists AFTER UPDATE ON comparisons_comparison
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION comparisons_pairs_are_relisted();

CREATE OR REPLACE FUNCTION comparisons_tallies_relist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comparisons_relist(array_agg(tool_id)) FROM old_rows was JOIN new_rows is_now USING (tool_id)
    WHERE (was.ship, was.skip, was.bound_low, was.bound_high)
        IS DISTINCT FROM (is_now.ship, is_now.skip, is_now.bound_low, is_now.bound_high);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER published_tally_update_relists AFTER UPDATE ON votes_publishedtally
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_tallies_relist();

CREATE OR REPLACE FUNCTION comparisons_pick_tallies_relist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM comparisons_relist(array_agg(DISTINCT tool_id))
        FROM old_rows, LATERAL (VALUES (first_tool_id), (second_tool_id)) side (tool_id);
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM comparisons_relist(array_agg(DISTINCT tool_id))
        FROM new_rows, LATERAL (VALUES (first_tool_id), (second_tool_id)) side (tool_id);
    ELSE
        PERFORM comparisons_relist(array_agg(DISTINCT tool_id))
        FROM old_rows was JOIN new_rows is_now USING (first_tool_id, second_tool_id),
            LATERAL (VALUES (first_tool_id), (second_tool_id)) side (tool_id)
        WHERE (was.first, was.second, was.bound_low, was.bound_high)
            IS DISTINCT FROM (is_now.first, is_now.second, is_now.bound_low, is_now.bound_high);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER published_pick_tally_insert_relists AFTER INSERT ON votes_publishedpicktally
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_pick_tallies_relist();
CREATE OR REPLACE TRIGGER published_pick_tally_update_relists AFTER UPDATE ON votes_publishedpicktally
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION comparisons_pick_tallies_relist();
CREATE OR REPLACE TRIGGER published_pick_tally_delete_relists AFTER DELETE ON votes_publishedpicktally
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_pick_tallies_relist();

-- Readers see what these tables list.
CREATE OR REPLACE TRIGGER listedtool_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON comparisons_listedtool
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
CREATE OR REPLACE TRIGGER listedpair_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON comparisons_listedpair
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
