-- Readers see these tables.

CREATE OR REPLACE TRIGGER comparison_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON comparisons_comparison
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();

CREATE OR REPLACE TRIGGER verdictchange_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON comparisons_verdictchange
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();

-- When the next thing becomes public by the clock; NULL: nothing is scheduled. A look into an index of each.
CREATE OR REPLACE FUNCTION comparisons_next_publication() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT least(
        (SELECT min(public_at) FROM catalog_tool WHERE public_at > statement_timestamp()),
        (SELECT min(published_at) FROM reviews_review WHERE status = 'published' AND published_at > statement_timestamp()),
        (SELECT min(published_at) FROM reviews_headtohead WHERE status = 'published' AND published_at > statement_timestamp()),
        (SELECT min(public_at) FROM comparisons_comparison WHERE public_at > statement_timestamp())
    )
$$;
