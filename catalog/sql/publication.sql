-- published_at is the date shown, an editor's; public_at is when readers can first read it, and the database's. Where the
-- date shown lies ahead, public_at is that moment, and readers' queries compare it with the clock: no task has to run.
--
-- A trigger, so that imports, bulk actions of the admin, update() in a shell and plain SQL keep it too. An update that
-- names public_at alone is moment.sql's.

CREATE OR REPLACE FUNCTION catalog_keep_publication() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.public_at <= now THEN
        -- What a row brings along that was read before its publication doesn't count.
        NEW.public_at := OLD.public_at;
        IF NEW.status IN ('draft', 'in_review') THEN
            RAISE check_violation USING
                CONSTRAINT = 'what_was_public_is_no_draft_again',
                MESSAGE = 'What was public is no draft again: archive it.';
        ELSIF NEW.published_at > now AND NEW.published_at IS DISTINCT FROM OLD.published_at THEN
            RAISE check_violation USING
                CONSTRAINT = 'what_is_public_has_no_date_ahead',
                MESSAGE = 'It is public already: the date shown can''t lie ahead.';
        END IF;
    ELSIF NEW.status IN ('draft', 'in_review') THEN
        NEW.public_at := NULL;
    ELSIF NEW.status = 'archived' AND (TG_OP = 'UPDATE' OR NEW.published_at > now) THEN
        -- Nobody could read it, and no date makes it public any more.
        NEW.public_at := NULL;
    ELSE
        NEW.public_at := greatest(NEW.published_at, now);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER tool_keeps_publication BEFORE INSERT OR UPDATE OF status, published_at ON catalog_tool
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_publication();
