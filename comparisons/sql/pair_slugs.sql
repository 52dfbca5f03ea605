-- Two pairs never share a slug: `aa` with `bb-vs-cc` and `aa-vs-bb` with `cc` are both `aa-vs-bb-vs-cc`, and only one could
-- be opened. A pair keeps its slug in a column, so that a unique index refuses what comes at the same moment too.

-- Fires after order_pair, whose name comes first, and with it whenever one of the tools is renamed.
CREATE OR REPLACE FUNCTION comparisons_name_pair() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    SELECT f.slug || '-vs-' || s.slug INTO NEW.pair_slug
    FROM catalog_tool f, catalog_tool s WHERE f.id = NEW.first_tool_id AND s.id = NEW.second_tool_id;
    IF EXISTS (SELECT FROM comparisons_comparison WHERE pair_slug = NEW.pair_slug AND id <> NEW.id
        AND NOT (LEAST(first_tool_id, second_tool_id) = LEAST(NEW.first_tool_id, NEW.second_tool_id)
            AND GREATEST(first_tool_id, second_tool_id) = GREATEST(NEW.first_tool_id, NEW.second_tool_id))) THEN
        RAISE unique_violation USING
            CONSTRAINT = 'two_pairs_never_share_a_slug',
            MESSAGE = format('The slug "%s" leads to another pair already: rename one of the tools.', NEW.pair_slug);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER pair_takes_slug
    BEFORE INSERT OR UPDATE OF first_tool_id, second_tool_id, pair_slug ON comparisons_comparison
    FOR EACH ROW EXECUTE FUNCTION comparisons_name_pair();
