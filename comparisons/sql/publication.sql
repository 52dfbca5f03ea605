-- A pair is public once it was published and both its tools are public. catalog/sql/publication.sql says what public_at is.
-- Triggers fire by name: comparison_keeps_publication, comparison_keeps_tools, comparison_waits_for_tools, order_pair,
-- pair_takes_slug.

CREATE OR REPLACE TRIGGER comparison_keeps_publication
    BEFORE INSERT OR UPDATE OF status, published_at, first_tool_id, second_tool_id ON comparisons_comparison
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_publication();

-- Its verdicts are history, and its address is known: another pair is another comparison. A renamed tool turns a pair round.
CREATE OR REPLACE FUNCTION comparisons_keep_tools() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING
        CONSTRAINT = 'a_public_comparison_keeps_its_tools',
        MESSAGE = 'What was public stays with its two tools: archive it, and enter the other pair as a new comparison.';
END $$;

CREATE OR REPLACE TRIGGER comparison_keeps_tools BEFORE UPDATE OF first_tool_id, second_tool_id ON comparisons_comparison
    FOR EACH ROW WHEN (OLD.public_at <= statement_timestamp() AND (
        LEAST(NEW.first_tool_id, NEW.second_tool_id) <> LEAST(OLD.first_tool_id, OLD.second_tool_id)
        OR GREATEST(NEW.first_tool_id, NEW.second_tool_id) <> GREATEST(OLD.first_tool_id, OLD.second_tool_id)))
    EXECUTE FUNCTION comparisons_keep_tools();

CREATE OR REPLACE FUNCTION comparisons_wait_for_tools() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tools_public_at timestamptz;
BEGIN
    -- A tool that is being published meanwhile is waited for.
    PERFORM FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id) ORDER BY id FOR SHARE;
    SELECT CASE WHEN bool_and(public_at IS NOT NULL) THEN max(public_at) END INTO tools_public_at
    FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id);
    IF TG_OP = 'UPDATE' AND OLD.public_at <= statement_timestamp() AND tools_public_at <= statement_timestamp() THEN
        -- It was public already, and stays so since then.
        RETURN NEW;
    END IF;
    -- What is archived already becomes public with no tool.
    NEW.public_at := CASE
        WHEN tools_public_at <= statement_timestamp() OR tools_public_at IS NOT NULL AND NEW.status <> 'archived'
        THEN greatest(NEW.public_at, tools_public_at)
    END;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER comparison_waits_for_tools
    BEFORE INSERT OR UPDATE OF status, published_at, first_tool_id, second_tool_id ON comparisons_comparison
    FOR EACH ROW WHEN (NEW.public_at IS NOT NULL) EXECUTE FUNCTION comparisons_wait_for_tools();

-- Pairs follow a tool that is published, scheduled or a draft again.
CREATE OR REPLACE FUNCTION comparisons_follow_tool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Naming the column fires the triggers above.
    UPDATE comparisons_comparison SET status = status
    WHERE NEW.id IN (first_tool_id, second_tool_id) AND status <> 'draft';
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER comparisons_follow_tool AFTER UPDATE OF status, published_at ON catalog_tool
    FOR EACH ROW WHEN (OLD.public_at IS DISTINCT FROM NEW.public_at) EXECUTE FUNCTION comparisons_follow_tool();
