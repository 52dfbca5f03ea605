"""Renaming a tool leaves its earlier slug behind as an alias, and a slug never changes hands.

Triggers, because the promise must also hold for an import, a shell's update() and the admin's bulk actions.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION catalog_hold_slug(slug text) RETURNS void LANGUAGE sql AS $$
    -- Two transactions that want the same slug wait for each other, so that each sees what the other did.
    SELECT pg_advisory_xact_lock(hashtextextended('catalog.slug:' || slug, 0));
$$;

CREATE FUNCTION catalog_tool_takes_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_hold_slug(NEW.slug);
    IF EXISTS (SELECT FROM catalog_toolalias a WHERE a.slug = NEW.slug AND a.tool_id <> NEW.id) THEN
        RAISE unique_violation USING
            CONSTRAINT = 'a_slug_never_changes_hands',
            MESSAGE = format('The slug "%s" once belonged to another tool and still leads there.', NEW.slug);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER tool_takes_slug BEFORE INSERT OR UPDATE OF slug ON catalog_tool
    FOR EACH ROW EXECUTE FUNCTION catalog_tool_takes_slug();

CREATE FUNCTION catalog_tool_leaves_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_hold_slug(OLD.slug);
    -- A tool that takes back a slug of its own has no use for the alias.
    DELETE FROM catalog_toolalias WHERE slug = NEW.slug AND tool_id = NEW.id;
    INSERT INTO catalog_toolalias (slug, tool_id) VALUES (OLD.slug, OLD.id);
    RETURN NULL;
END $$;

CREATE TRIGGER tool_leaves_slug AFTER UPDATE OF slug ON catalog_tool
    FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION catalog_tool_leaves_slug();

CREATE FUNCTION catalog_alias_takes_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_hold_slug(NEW.slug);
    IF EXISTS (SELECT FROM catalog_tool t WHERE t.slug = NEW.slug) THEN
        RAISE unique_violation USING
            CONSTRAINT = 'a_slug_never_changes_hands',
            MESSAGE = format('The slug "%s" belongs to a tool.', NEW.slug);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER alias_takes_slug BEFORE INSERT OR UPDATE OF slug ON catalog_toolalias
    FOR EACH ROW EXECUTE FUNCTION catalog_alias_takes_slug();
"""

REVERSE = """
DROP TRIGGER alias_takes_slug ON catalog_toolalias;
DROP TRIGGER tool_leaves_slug ON catalog_tool;
DROP TRIGGER tool_takes_slug ON catalog_tool;
DROP FUNCTION catalog_alias_takes_slug();
DROP FUNCTION catalog_tool_leaves_slug();
DROP FUNCTION catalog_tool_takes_slug();
DROP FUNCTION catalog_hold_slug(text);
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_catalog")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
