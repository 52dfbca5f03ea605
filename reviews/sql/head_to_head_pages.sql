-- Both tools' updated_at moves when a head-to-head leaves the page of their pair, as tool_pages.sql has it of reviews.

CREATE OR REPLACE FUNCTION reviews_head_to_head_leaves_tools() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM catalog_tool WHERE id IN (OLD.first_tool_id, OLD.second_tool_id) ORDER BY id FOR NO KEY UPDATE;
    UPDATE catalog_tool SET updated_at = greatest(updated_at, OLD.updated_at, statement_timestamp())
    WHERE id IN (OLD.first_tool_id, OLD.second_tool_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER head_to_head_leaves_tools AFTER UPDATE OF status ON reviews_headtohead
    FOR EACH ROW WHEN (OLD.status = 'published' AND NEW.status <> 'published')
    EXECUTE FUNCTION reviews_head_to_head_leaves_tools();

CREATE OR REPLACE TRIGGER deleted_head_to_head_leaves_tools AFTER DELETE ON reviews_headtohead
    FOR EACH ROW WHEN (OLD.status = 'published') EXECUTE FUNCTION reviews_head_to_head_leaves_tools();
