-- published_at is set once, when a review is first published; corrected_at whenever its revision rises.
-- A trigger, so that imports, bulk actions of the admin and update() in a shell keep the times right too.

CREATE OR REPLACE FUNCTION reviews_review_keeps_times() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Whoever saves a row that was read earlier brings along what was known then.
        NEW.published_at := OLD.published_at;
        NEW.corrected_at := OLD.corrected_at;
    END IF;
    IF NEW.status = 'published' AND NEW.published_at IS NULL THEN
        NEW.published_at := NEW.updated_at;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.revision > OLD.revision THEN
        NEW.corrected_at := NEW.updated_at;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER review_keeps_times BEFORE INSERT OR UPDATE OF status, revision ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_review_keeps_times();
