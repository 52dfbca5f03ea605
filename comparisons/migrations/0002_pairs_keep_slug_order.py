"""A pair stands in ascending order of its tools' slug bytes, however it was entered and however tools are renamed.

A CHECK can't look into another table, so a trigger puts the two keys in order. Locking the tools' rows makes a
rename and a new pair wait for each other. Two renames of one pair's tools wait at the pair; where that pair turns
round they may block each other, and then PostgreSQL refuses one of them.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION comparisons_order_pair() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER order_pair BEFORE INSERT OR UPDATE OF first_tool_id, second_tool_id ON comparisons_comparison
    FOR EACH ROW EXECUTE FUNCTION comparisons_order_pair();

CREATE FUNCTION comparisons_order_pairs_of_tool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Naming the column fires the trigger above.
    UPDATE comparisons_comparison SET first_tool_id = first_tool_id
    WHERE NEW.id IN (first_tool_id, second_tool_id);
    RETURN NULL;
END $$;

CREATE TRIGGER order_pairs_of_tool AFTER UPDATE OF slug ON catalog_tool
    FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION comparisons_order_pairs_of_tool();

UPDATE comparisons_comparison SET first_tool_id = first_tool_id;
"""

REVERSE = """
DROP TRIGGER order_pairs_of_tool ON catalog_tool;
DROP TRIGGER order_pair ON comparisons_comparison;
DROP FUNCTION comparisons_order_pairs_of_tool();
DROP FUNCTION comparisons_order_pair();
"""


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0001_curated_pairs")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
