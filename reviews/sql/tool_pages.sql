-- A tool's updated_at moves when a review leaves its page: of what is gone, nothing is left by whose time a reader could tell.
-- A trigger, so that bulk actions of the admin, update() in a shell and plain SQL move it too.

CREATE OR REPLACE FUNCTION reviews_review_leaves_tool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_tool SET updated_at = greatest(updated_at, OLD.updated_at, statement_timestamp())
    WHERE id = OLD.tool_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER review_leaves_tool AFTER UPDATE OF status, tool_id ON reviews_review
    FOR EACH ROW
    WHEN (OLD.status = 'published' AND (NEW.status <> 'published' OR NEW.tool_id <> OLD.tool_id))
    EXECUTE FUNCTION reviews_review_leaves_tool();

CREATE OR REPLACE TRIGGER deleted_review_leaves_tool AFTER DELETE ON reviews_review
    FOR EACH ROW WHEN (OLD.status = 'published') EXECUTE FUNCTION reviews_review_leaves_tool();
