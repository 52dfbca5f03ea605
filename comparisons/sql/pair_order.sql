-- A pair stands in ascending order of its tools' slug bytes. A CHECK can't read another table, so a trigger keeps it.
--
-- Renaming both tools of a pair at once may deadlock where the pair turns round. PostgreSQL then refuses one of the two.

-- Swap the two keys where they stand in the wrong order. Locking the tools' rows makes a new pair wait for a rename.
CREATE OR REPLACE FUNCTION comparisons_order_pair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first_id uuid := NEW.first_tool_id;
    second_id uuid := NEW.second_tool_id;
    is_in_order boolean;
BEGIN
    IF (NEW.first_tool_id, NEW.second_tool_id) IS DISTINCT FROM (OLD.first_tool_id, OLD.second_tool_id) THEN
        PERFORM FROM catalog_tool WHERE id IN (first_id, second_id) FOR KEY SHARE;
    END IF;
    SELECT f.slug COLLATE "C" <= s.slug COLLATE "C" INTO is_in_order
    FROM catalog_tool f, catalog_tool s WHERE f.id = first_id AND s.id = second_id;
    IF NOT is_in_order THEN
        NEW.first_tool_id := second_id;
        NEW.second_tool_id := first_id;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER order_pair
    BEFORE INSERT OR UPDATE OF first_tool_id, second_tool_id ON comparisons_comparison
    FOR EACH ROW EXECUTE FUNCTION comparisons_order_pair();

-- Put the pairs of a renamed tool in order again.
CREATE OR REPLACE FUNCTION comparisons_order_pairs_of_tool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Naming the column fires the trigger above.
    UPDATE comparisons_comparison SET first_tool_id = first_tool_id
    WHERE NEW.id IN (first_tool_id, second_tool_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER order_pairs_of_tool AFTER UPDATE OF slug ON catalog_tool
    FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION comparisons_order_pairs_of_tool();
