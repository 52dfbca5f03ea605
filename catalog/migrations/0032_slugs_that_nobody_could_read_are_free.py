"""A tool may take the earlier slug of one that nobody could read yet."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = r"""
CREATE OR REPLACE FUNCTION catalog_tool_takes_slug() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0031_searches_keep_their_plans")]

    operations = [migrations.RunSQL(load_sql("catalog", "slugs"), BEFORE)]
