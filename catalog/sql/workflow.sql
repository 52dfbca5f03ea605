-- Which state follows which, from every way in: forms, imports, update() in a shell and plain SQL. The same table as
-- catalog/workflow.py. New rows may have any state, since an import or a merge brings what was published elsewhere.

-- Triggers fire by name: *_keeps_publication and *_keeps_times, which say more of what was public, come before.

-- Arguments: the steps, each as the state before, a blank, and the state after.
CREATE OR REPLACE FUNCTION catalog_keep_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT OLD.status || ' ' || NEW.status = ANY (TG_ARGV) THEN
        RAISE check_violation USING
            CONSTRAINT = 'a_state_follows_the_workflow',
            MESSAGE = format('What is %s does not become %s.', replace(OLD.status, '_', ' '), replace(NEW.status, '_', ' '));
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER tool_moves_by_workflow BEFORE UPDATE OF status ON catalog_tool
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION catalog_keep_workflow(
        'draft in_review', 'in_review draft', 'draft published', 'in_review published', 'published draft',
        'published archived', 'archived published');
