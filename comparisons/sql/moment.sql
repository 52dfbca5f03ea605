-- An update of public_at alone publishes and hides no pair; catalog/sql/moment.sql says what it may do.

CREATE OR REPLACE TRIGGER comparison_would_be_public_otherwise BEFORE UPDATE OF public_at ON comparisons_comparison
    FOR EACH ROW WHEN (OLD.public_at IS DISTINCT FROM NEW.public_at) EXECUTE FUNCTION catalog_refuse_other_moment();

-- Nor before its tools.
CREATE OR REPLACE FUNCTION comparisons_refuse_moment_before_tools() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id)
        AND coalesce(public_at > greatest(NEW.public_at, statement_timestamp()), true)
    ) THEN
        RAISE check_violation USING
            CONSTRAINT = 'readers_see_what_the_state_says',
            MESSAGE = 'A comparison is public once both its tools are.';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER comparison_would_precede_tools BEFORE UPDATE OF public_at ON comparisons_comparison
    FOR EACH ROW WHEN (NEW.public_at IS NOT NULL AND OLD.public_at IS DISTINCT FROM NEW.public_at)
    EXECUTE FUNCTION comparisons_refuse_moment_before_tools();
