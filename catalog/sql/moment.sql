-- An update of public_at alone may move what was public to another time that has passed, as a restore of the demo does. It
-- publishes nothing and hides nothing: who wants that changes the state or the date (publication.sql). A preview, which is
-- rolled back, shows what is scheduled with its own date, and says so to the database before.

-- By its name the last of the triggers before an update: what those above make of public_at passes.
CREATE OR REPLACE FUNCTION catalog_refuse_other_moment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
BEGIN
    IF NEW.status IN ('draft', 'in_review') AND NEW.public_at IS NOT NULL
        OR OLD.public_at <= now AND coalesce(NEW.public_at > now, true)
        OR coalesce(OLD.public_at > now, true) AND (
            NEW.public_at < NEW.published_at AND coalesce(current_setting('catalog.is_preview', true), '') <> 'true'
            OR NEW.status = 'archived' AND OLD.status = 'archived' AND NEW.public_at IS NOT NULL)
    THEN
        RAISE check_violation USING
            CONSTRAINT = 'readers_see_what_the_state_says',
            MESSAGE = 'When readers see it follows from its state and its date: change these.';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER tool_would_be_public_otherwise BEFORE UPDATE OF public_at ON catalog_tool
    FOR EACH ROW WHEN (OLD.public_at IS DISTINCT FROM NEW.public_at) EXECUTE FUNCTION catalog_refuse_other_moment();
