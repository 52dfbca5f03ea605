-- Every tool has a panel row, and each change of a review moves its counts in the same transaction.
-- Triggers, so that imports, bulk actions of the admin and update() in a shell keep the counts right too.

CREATE OR REPLACE FUNCTION reviews_tool_gets_panel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reviews_panel (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tool_gets_panel AFTER INSERT ON catalog_tool
    FOR EACH ROW EXECUTE FUNCTION reviews_tool_gets_panel();

-- Take away what the review counted for before, then add what it counts for now. Only published reviews count.
CREATE OR REPLACE FUNCTION reviews_review_moves_panel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status = 'published' THEN
        UPDATE reviews_panel
        SET ship = ship - (OLD.verdict = 'ship')::int, skip = skip - (OLD.verdict = 'skip')::int
        WHERE tool_id = OLD.tool_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status = 'published' THEN
        UPDATE reviews_panel
        SET ship = ship + (NEW.verdict = 'ship')::int, skip = skip + (NEW.verdict = 'skip')::int
        WHERE tool_id = NEW.tool_id;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER review_moves_panel
    AFTER INSERT OR DELETE OR UPDATE OF status, verdict, tool_id ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_review_moves_panel();
