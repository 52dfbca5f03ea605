-- A head-to-head keeps its pair in the order of the tools' ids, stays with its reviewer and pair, and tells its times and
-- corrections as a review does (review_times.sql).
--
-- Triggers fire by name: head_to_head_has_plain_line_ends, head_to_head_keeps_order, head_to_head_keeps_times,
-- head_to_head_stays.

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

CREATE OR REPLACE FUNCTION reviews_head_to_head_keeps_times() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
    was_public boolean := TG_OP = 'UPDATE' AND coalesce(OLD.published_at <= now, false);
    is_corrected boolean := false;
    tools_public_at timestamptz;
BEGIN
    -- What a row brings along that was read earlier doesn't count.
    NEW.published_at := CASE WHEN was_public THEN OLD.published_at END;
    NEW.corrected_at := CASE WHEN was_public THEN OLD.corrected_at END;
    IF was_public THEN
        IF NEW.status = 'draft' THEN
            RAISE check_violation USING
                CONSTRAINT = 'what_was_public_is_no_draft_again',
                MESSAGE = 'What was public is no draft again: retract it.';
        END IF;
        NEW.revision := greatest(NEW.revision, OLD.revision);
        IF OLD.status = 'published' THEN
            is_corrected := (NEW.choice_id, NEW.quote, NEW.basis, NEW.disclosure, NEW.evidence, NEW.compared_on)
                IS DISTINCT FROM (OLD.choice_id, OLD.quote, OLD.basis, OLD.disclosure, OLD.evidence, OLD.compared_on);
            IF is_corrected OR NEW.status <> 'published' THEN
                INSERT INTO reviews_headtoheadrevision
                    (head_to_head_id, number, choice_id, quote, basis, disclosure, evidence, compared_on, began_at, ended_at)
                VALUES (OLD.id, OLD.revision, OLD.choice_id, OLD.quote, OLD.basis, OLD.disclosure, OLD.evidence,
                    OLD.compared_on, coalesce(OLD.corrected_at, OLD.published_at), now)
                ON CONFLICT DO NOTHING;
            END IF;
        ELSIF NEW.status = 'published' THEN
            -- It comes back after a retraction, which kept what readers had seen.
            SELECT (choice_id, quote, basis, disclosure, evidence, compared_on) IS DISTINCT FROM
                (NEW.choice_id, NEW.quote, NEW.basis, NEW.disclosure, NEW.evidence, NEW.compared_on)
            INTO is_corrected FROM reviews_headtoheadrevision WHERE head_to_head_id = OLD.id ORDER BY number DESC LIMIT 1;
        END IF;
        IF is_corrected AND NEW.status = 'published' THEN
            NEW.revision := greatest(NEW.revision, OLD.revision + 1);
            NEW.corrected_at := now;
        END IF;
    END IF;
    IF NEW.status = 'published' AND NOT was_public THEN
        -- Tools that are being published meanwhile are waited for.
        PERFORM FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id) ORDER BY id FOR SHARE;
        SELECT CASE WHEN bool_and(public_at IS NOT NULL) THEN max(public_at) END INTO tools_public_at
        FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id);
        NEW.published_at := CASE WHEN tools_public_at IS NOT NULL THEN greatest(now, tools_public_at) END;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER head_to_head_keeps_times
    BEFORE INSERT OR UPDATE OF choice_id, quote, basis, disclosure, evidence, compared_on, status, revision ON reviews_headtohead
    FOR EACH ROW EXECUTE FUNCTION reviews_head_to_head_keeps_times();

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
