-- Reviews follow a tool that is published, scheduled or a draft again.
CREATE OR REPLACE FUNCTION reviews_follow_tool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Naming the column fires the trigger above.
    UPDATE reviews_review SET status = status WHERE tool_id = NEW.id AND status = 'published';
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER reviews_follow_tool AFTER UPDATE OF status, published_at ON catalog_tool
    FOR EACH ROW WHEN (OLD.public_at IS DISTINCT FROM NEW.public_at) EXECUTE FUNCTION reviews_follow_tool();
