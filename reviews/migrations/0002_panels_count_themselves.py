"""Every tool has a panel row, and each change of a review moves it in the same transaction.

Triggers, so that bulk actions, imports and a shell's update() keep the count right too.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION reviews_tool_gets_panel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reviews_panel (tool_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER tool_gets_panel AFTER INSERT ON catalog_tool
    FOR EACH ROW EXECUTE FUNCTION reviews_tool_gets_panel();

CREATE FUNCTION reviews_review_moves_panel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status = 'published' THEN
        UPDATE reviews_panel
        SET ship = ship - (OLD.verdict = 'ship')::int, skip = skip - (OLD.verdict = 'skip')::int
        WHERE tool_id = OLD.tool_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status = 'published' THEN
        UPDATE reviews_panel
        SET ship = ship + (NEW.verdict = 'ship')::int, skip = skip + (NEW.verdict = 'skip')::int
        WHERE tool_id = NEW.tool_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER review_moves_panel AFTER INSERT OR DELETE OR UPDATE OF status, verdict, tool_id ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_review_moves_panel();

INSERT INTO reviews_panel (tool_id, ship, skip)
SELECT t.id,
       count(*) FILTER (WHERE r.status = 'published' AND r.verdict = 'ship'),
       count(*) FILTER (WHERE r.status = 'published' AND r.verdict = 'skip')
FROM catalog_tool t LEFT JOIN reviews_review r ON r.tool_id = t.id
GROUP BY t.id
ON CONFLICT DO NOTHING;
"""

REVERSE = """
DROP TRIGGER review_moves_panel ON reviews_review;
DROP TRIGGER tool_gets_panel ON catalog_tool;
DROP FUNCTION reviews_review_moves_panel();
DROP FUNCTION reviews_tool_gets_panel();
DELETE FROM reviews_panel;
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_reviewers_reviews_and_panels")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
