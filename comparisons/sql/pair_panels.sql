-- What reviewers say of both tools of a pair is counted when it changes, so that lists filter by the outcome and a verdict
-- needs no reviews: comparisons_pairpanel, a row for each comparison, in the order of its tools.
--
-- Writers of one pair wait for each other: of its row, and, where the pair itself is new, of its tools' panels, which every
-- writer of reviews holds. Each statement of a function sees what was committed before it.

-- Joined in the order that is written: listings.sql says why.
CREATE OR REPLACE FUNCTION comparisons_count_pair_panels(pairs uuid[]) RETURNS void LANGUAGE plpgsql
SET join_collapse_limit = 1 SET from_collapse_limit = 1 AS $$
BEGIN
    INSERT INTO comparisons_pairpanel (comparison_id)
    SELECT id FROM comparisons_comparison WHERE id = ANY (pairs) ON CONFLICT DO NOTHING;
    PERFORM FROM comparisons_pairpanel WHERE comparison_id = ANY (pairs) ORDER BY comparison_id FOR UPDATE;
    UPDATE comparisons_pairpanel p SET
        shared_total = shared.total, shared_first = shared.first, shared_second = shared.second,
        choose_first = chosen.first, choose_second = chosen.second, choose_neither = chosen.neither
    FROM comparisons_comparison c, LATERAL (
        SELECT count(*) AS total, count(*) FILTER (WHERE one.verdict = 'ship') AS first,
            count(*) FILTER (WHERE other.verdict = 'ship') AS second
        -- OFFSET 0: each side by its tool. By its reviewer, who has thousands, is what an early plan would take.
        FROM (SELECT reviewer_id, verdict FROM reviews_review
                WHERE tool_id = c.first_tool_id AND status = 'published' OFFSET 0) one
        JOIN (SELECT reviewer_id, verdict FROM reviews_review
                WHERE tool_id = c.second_tool_id AND status = 'published' OFFSET 0) other USING (reviewer_id)
    ) shared, LATERAL (
        SELECT count(*) FILTER (WHERE choice_id = c.first_tool_id) AS first,
            count(*) FILTER (WHERE choice_id = c.second_tool_id) AS second,
            count(*) FILTER (WHERE choice_id IS NULL) AS neither
        FROM reviews_headtohead h
        WHERE h.first_tool_id = least(c.first_tool_id, c.second_tool_id)
          AND h.second_tool_id = greatest(c.first_tool_id, c.second_tool_id) AND h.status = 'published'
    ) chosen
    WHERE c.id = p.comparison_id AND p.comparison_id = ANY (pairs)
      AND (p.shared_total, p.shared_first, p.shared_second, p.choose_first, p.choose_second, p.choose_neither)
        IS DISTINCT FROM (shared.total, shared.first, shared.second, chosen.first, chosen.second, chosen.neither);
END $$;

-- Readers see it in the lists that filter by outcome.
CREATE OR REPLACE TRIGGER pairpanel_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON comparisons_pairpanel
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();

-- Pairs that are new, or turned round.
CREATE OR REPLACE FUNCTION comparisons_count_pairs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pairs uuid[];
    tools uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id), array_agg(first_tool_id) || array_agg(second_tool_id) INTO pairs, tools FROM new_rows;
    ELSE
        SELECT array_agg(id), array_agg(is_now.first_tool_id) || array_agg(is_now.second_tool_id) INTO pairs, tools
        FROM old_rows was JOIN new_rows is_now USING (id)
        WHERE (was.first_tool_id, was.second_tool_id) <> (is_now.first_tool_id, is_now.second_tool_id);
    END IF;
    IF pairs IS NOT NULL THEN
        PERFORM FROM reviews_panel WHERE tool_id = ANY (tools) ORDER BY tool_id FOR SHARE;
        PERFORM comparisons_count_pair_panels(pairs);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER pair_insert_is_counted AFTER INSERT ON comparisons_comparison
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_count_pairs();
CREATE OR REPLACE TRIGGER pair_update_is_counted AFTER UPDATE ON comparisons_comparison
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_count_pairs();

-- The pairs of tools whose published reviews changed. Once a statement, so that an import counts each pair once a batch.
CREATE OR REPLACE FUNCTION comparisons_count_pairs_of_tools(tools uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF tools IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM reviews_panel WHERE tool_id = ANY (tools) ORDER BY tool_id FOR UPDATE;
    PERFORM comparisons_count_pair_panels(pairs) FROM (
        SELECT array_agg(id) AS pairs FROM comparisons_comparison
        WHERE first_tool_id = ANY (tools) OR second_tool_id = ANY (tools)
    ) found WHERE pairs IS NOT NULL;
END $$;

CREATE OR REPLACE FUNCTION comparisons_reviews_move_pairs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tools uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT tool_id) INTO tools FROM new_rows WHERE status = 'published';
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT tool_id) INTO tools FROM old_rows WHERE status = 'published';
    ELSE
        SELECT array_agg(DISTINCT moved.tool_id) INTO tools
        FROM old_rows was JOIN new_rows is_now USING (id), LATERAL (VALUES (was.tool_id), (is_now.tool_id)) moved (tool_id)
        WHERE 'published' IN (was.status, is_now.status)
          AND (was.status, was.verdict, was.tool_id, was.reviewer_id)
            <> (is_now.status, is_now.verdict, is_now.tool_id, is_now.reviewer_id);
    END IF;
    PERFORM comparisons_count_pairs_of_tools(tools);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER review_insert_moves_pairs AFTER INSERT ON reviews_review
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_reviews_move_pairs();
CREATE OR REPLACE TRIGGER review_update_moves_pairs AFTER UPDATE ON reviews_review
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_reviews_move_pairs();
CREATE OR REPLACE TRIGGER review_delete_moves_pairs AFTER DELETE ON reviews_review
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_reviews_move_pairs();

-- The pairs that are answered, whichever tool stands first in them.
CREATE OR REPLACE FUNCTION comparisons_answers_move_pairs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tools uuid[];
    pairs uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(first_tool_id) || array_agg(second_tool_id) INTO tools FROM new_rows WHERE status = 'published';
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(first_tool_id) || array_agg(second_tool_id) INTO tools FROM old_rows WHERE status = 'published';
    ELSE
        SELECT array_agg(is_now.first_tool_id) || array_agg(is_now.second_tool_id) INTO tools
        FROM old_rows was JOIN new_rows is_now USING (id)
        WHERE 'published' IN (was.status, is_now.status)
          AND (was.status, was.choice_id) IS DISTINCT FROM (is_now.status, is_now.choice_id);
    END IF;
    IF tools IS NOT NULL THEN
        PERFORM FROM reviews_panel WHERE tool_id = ANY (tools) ORDER BY tool_id FOR UPDATE;
        SELECT array_agg(id) INTO pairs FROM comparisons_comparison
        WHERE first_tool_id = ANY (tools) AND second_tool_id = ANY (tools);
        IF pairs IS NOT NULL THEN
            PERFORM comparisons_count_pair_panels(pairs);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER head_to_head_insert_moves_pairs AFTER INSERT ON reviews_headtohead
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_answers_move_pairs();
CREATE OR REPLACE TRIGGER head_to_head_update_moves_pairs AFTER UPDATE ON reviews_headtohead
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_answers_move_pairs();
CREATE OR REPLACE TRIGGER head_to_head_delete_moves_pairs AFTER DELETE ON reviews_headtohead
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_answers_move_pairs();

-- While processes of two versions run, those of the earlier rule write no history over what the later rule wrote.
CREATE OR REPLACE FUNCTION comparisons_rules_go_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER verdict_change_goes_forward BEFORE INSERT ON comparisons_verdictchange
    FOR EACH ROW WHEN (NEW.rule COLLATE "C" < NEW.before_rule COLLATE "C") EXECUTE FUNCTION comparisons_rules_go_forward();
