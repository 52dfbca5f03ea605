-- published_at is when readers could first read a review or a head-to-head: the moment of its publication, and not before
-- its tools are public. Whatever readers saw of it and see otherwise now is a correction: its revision rises, corrected_at is
-- the moment, and the former text is kept.
--
-- A trigger, so that imports, bulk actions of the admin, update() in a shell and plain SQL keep it too. An update that
-- names published_at or corrected_at alone is left as it is.

-- Arguments: the table of former texts, its column for the row, and the columns that readers see.
CREATE OR REPLACE FUNCTION reviews_keep_times() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
    was_public boolean := TG_OP = 'UPDATE' AND coalesce(OLD.published_at <= now, false);
    is_corrected boolean;
    seen text[] := TG_ARGV[2:];
    -- What readers saw last.
    former jsonb;
    tool_ids uuid[];
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
            former := to_jsonb(OLD);
        ELSIF NEW.status = 'published' THEN
            -- It comes back after a retraction, which kept what readers had seen.
            EXECUTE format('SELECT to_jsonb(kept) FROM %I AS kept WHERE %I = $1 ORDER BY number DESC LIMIT 1',
                TG_ARGV[0], TG_ARGV[1]) INTO former USING OLD.id;
        END IF;
        SELECT coalesce(bool_or((former -> name) <> (to_jsonb(NEW) -> name)), false) INTO is_corrected FROM unnest(seen) AS name;
        IF OLD.status = 'published' AND (is_corrected OR NEW.status <> 'published') THEN
            EXECUTE format('INSERT INTO %1$I (%2$I, number, %3$s, began_at, ended_at) '
                'SELECT id, revision, %3$s, coalesce(corrected_at, published_at), $2 FROM (SELECT ($1).*) AS was '
                'ON CONFLICT DO NOTHING', TG_ARGV[0], TG_ARGV[1], array_to_string(seen, ', ')) USING OLD, now;
        END IF;
        -- What is corrected while it is retracted counts once it comes back.
        IF is_corrected AND NEW.status = 'published' THEN
            NEW.revision := greatest(NEW.revision, OLD.revision + 1);
            NEW.corrected_at := now;
        END IF;
    END IF;
    -- A review may move to another tool; a head-to-head stays with its pair.
    IF NEW.status = 'published'
        AND NOT (was_public AND to_jsonb(NEW) -> 'tool_id' IS NOT DISTINCT FROM to_jsonb(OLD) -> 'tool_id')
    THEN
        SELECT array_agg(value::uuid) INTO tool_ids FROM jsonb_each_text(to_jsonb(NEW))
        WHERE key IN ('tool_id', 'first_tool_id', 'second_tool_id');
        -- Tools that are being published meanwhile are waited for.
        PERFORM FROM catalog_tool WHERE id = ANY (tool_ids) ORDER BY id FOR SHARE;
        SELECT CASE WHEN bool_and(public_at IS NOT NULL) THEN max(public_at) END INTO tools_public_at
        FROM catalog_tool WHERE id = ANY (tool_ids);
        NEW.published_at := CASE WHEN tools_public_at IS NOT NULL THEN
            greatest(coalesce(NEW.published_at, now), tools_public_at) END;
    END IF;
    RETURN NEW;
END $$;
