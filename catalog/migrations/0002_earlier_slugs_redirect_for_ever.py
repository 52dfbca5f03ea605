"""Renaming a tool leaves its earlier slug behind as an alias, and a slug never changes hands.

Triggers, because the promise must also hold for an import, a shell's update() and the admin's bulk actions.
"""

from django.db import migrations

# Who wants the slug of a tool that is just being renamed already waits at the unique index, and looks for an alias
# after that. Only an alias that nobody's rename left behind needs a lock: shared by all who give a tool a slug, so
# that a transaction holds one however many tools it writes.
FORWARD = """
CREATE FUNCTION catalog_tool_takes_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('catalog.slugs', 0));
    IF EXISTS (SELECT FROM catalog_toolalias WHERE slug = NEW.slug AND tool_id <> NEW.id) THEN
        RAISE unique_violation USING
            CONSTRAINT = 'a_slug_never_changes_hands',
            MESSAGE = format('The slug "%s" once belonged to another tool and still leads there.', NEW.slug);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        -- A tool that takes back a slug of its own has no use for the alias.
        DELETE FROM catalog_toolalias WHERE slug = NEW.slug AND tool_id = NEW.id;
        INSERT INTO catalog_toolalias (slug, tool_id) VALUES (OLD.slug, OLD.id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER tool_takes_slug AFTER INSERT ON catalog_tool
    FOR EACH ROW EXECUTE FUNCTION catalog_tool_takes_slug();

CREATE TRIGGER tool_changes_slug AFTER UPDATE OF slug ON catalog_tool
    FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION catalog_tool_takes_slug();

CREATE FUNCTION catalog_alias_takes_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Deeper down it is a rename that writes the alias.
    IF pg_trigger_depth() = 1 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('catalog.slugs', 0));
    END IF;
    IF EXISTS (SELECT FROM catalog_tool WHERE slug = NEW.slug) THEN
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
DROP TRIGGER tool_changes_slug ON catalog_tool;
DROP TRIGGER tool_takes_slug ON catalog_tool;
DROP FUNCTION catalog_alias_takes_slug();
DROP FUNCTION catalog_tool_takes_slug();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_catalog")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
