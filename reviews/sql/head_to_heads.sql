-- A head-to-head keeps its pair in the order of the tools' ids, stays with its reviewer and pair, and tells its times and
-- corrections as a review does (corrections.sql).
--
-- Triggers fire by name: head_to_head_has_plain_line_ends, head_to_head_keeps_order, head_to_head_keeps_times,
-- head_to_head_needs_active_reviewer, head_to_head_stays.

CREATE OR REPLACE TRIGGER head_to_head_has_plain_line_ends BEFORE INSERT OR UPDATE OF quote ON reviews_headtohead
    FOR EACH ROW WHEN (strpos(NEW.quote, E'\r') > 0) EXECUTE FUNCTION api_unify_line_ends('quote');

CREATE OR REPLACE FUNCTION reviews_order_head_to_head() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    greater_id uuid := NEW.first_tool_id;
BEGIN
    NEW.first_tool_id := NEW.second_tool_id;
    NEW.second_tool_id := greater_id;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER head_to_head_keeps_order BEFORE INSERT OR UPDATE OF first_tool_id, second_tool_id ON reviews_headtohead
    FOR EACH ROW WHEN (NEW.first_tool_id > NEW.second_tool_id) EXECUTE FUNCTION reviews_order_head_to_head();

CREATE OR REPLACE FUNCTION reviews_head_to_head_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING
        CONSTRAINT = 'a_head_to_head_stays_with_its_reviewer_and_pair',
        MESSAGE = 'A head-to-head stays with its reviewer and pair.';
END $$;

CREATE OR REPLACE TRIGGER head_to_head_stays BEFORE UPDATE OF reviewer_id, first_tool_id, second_tool_id ON reviews_headtohead
    FOR EACH ROW WHEN ((NEW.reviewer_id, NEW.first_tool_id, NEW.second_tool_id)
        <> (OLD.reviewer_id, OLD.first_tool_id, OLD.second_tool_id))
    EXECUTE FUNCTION reviews_head_to_head_stays();

CREATE OR REPLACE TRIGGER head_to_head_keeps_times
    BEFORE INSERT OR UPDATE OF choice_id, quote, basis, disclosure, evidence, compared_on, status, revision ON reviews_headtohead
    FOR EACH ROW EXECUTE FUNCTION reviews_keep_times('reviews_headtoheadrevision', 'head_to_head_id',
        'choice_id', 'quote', 'basis', 'disclosure', 'evidence', 'compared_on');

-- Who has left the panel answers no more pairs; what they said stays, and may be corrected and retracted.
CREATE OR REPLACE FUNCTION reviews_head_to_head_needs_active_reviewer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'INSERT' OR OLD.status <> 'published' AND NEW.status = 'published')
        AND NOT (SELECT is_active FROM reviews_reviewer WHERE id = NEW.reviewer_id)
    THEN
        RAISE check_violation USING
            CONSTRAINT = 'a_head_to_head_is_by_an_active_reviewer',
            MESSAGE = 'A reviewer who is not active answers no more pairs.';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER head_to_head_needs_active_reviewer BEFORE INSERT OR UPDATE OF status ON reviews_headtohead
    FOR EACH ROW EXECUTE FUNCTION reviews_head_to_head_needs_active_reviewer();

-- Head-to-heads follow a tool that is published, scheduled or a draft again.
CREATE OR REPLACE FUNCTION reviews_head_to_heads_follow_tool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Naming the column fires the trigger above.
    UPDATE reviews_headtohead SET status = status
    WHERE NEW.id IN (first_tool_id, second_tool_id) AND status = 'published';
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER head_to_heads_follow_tool AFTER UPDATE OF status, published_at ON catalog_tool
    FOR EACH ROW WHEN (OLD.public_at IS DISTINCT FROM NEW.public_at) EXECUTE FUNCTION reviews_head_to_heads_follow_tool();

-- What the history keeps; backend/api/sql says how.

CREATE OR REPLACE TRIGGER head_to_head_insert_is_kept AFTER INSERT ON reviews_headtohead
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER head_to_head_update_is_kept AFTER UPDATE ON reviews_headtohead
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER head_to_head_delete_is_kept AFTER DELETE ON reviews_headtohead
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();

CREATE OR REPLACE TRIGGER head_to_head_revision_refuses_rewriting BEFORE UPDATE OR DELETE ON reviews_headtoheadrevision
    FOR EACH ROW EXECUTE FUNCTION api_refuse_rewriting();
