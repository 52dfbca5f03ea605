"""A preview, which is rolled back, shows what is scheduled before its moment."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
CREATE OR REPLACE FUNCTION catalog_refuse_other_moment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
BEGIN
    IF NEW.status IN ('draft', 'in_review') AND NEW.public_at IS NOT NULL
        OR OLD.public_at <= now AND coalesce(NEW.public_at > now, true)
        OR coalesce(OLD.public_at > now, true) AND (NEW.public_at < NEW.published_at
            OR NEW.status = 'archived' AND OLD.status = 'archived' AND NEW.public_at IS NOT NULL)
    THEN
        RAISE check_violation USING
            CONSTRAINT = 'readers_see_what_the_state_says',
            MESSAGE = 'When readers see it follows from its state and its date: change these.';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0029_tools_of_a_category_are_counted")]

    operations = [migrations.RunSQL(load_sql("catalog", "moment"), BEFORE)]
