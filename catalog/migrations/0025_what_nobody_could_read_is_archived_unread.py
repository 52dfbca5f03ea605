"""What was scheduled and then archived becomes public on no date, earlier rows too."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = r"""
CREATE OR REPLACE FUNCTION catalog_keep_publication() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.public_at <= now THEN
        -- What a row brings along that was read before its publication doesn't count.
        NEW.public_at := OLD.public_at;
        IF NEW.status IN ('draft', 'in_review') THEN
            RAISE check_violation USING
                CONSTRAINT = 'what_was_public_is_no_draft_again',
                MESSAGE = 'What was public is no draft again: archive it.';
        ELSIF NEW.published_at > now AND NEW.published_at IS DISTINCT FROM OLD.published_at THEN
            RAISE check_violation USING
                CONSTRAINT = 'what_is_public_has_no_date_ahead',
                MESSAGE = 'It is public already: the date shown can''t lie ahead.';
        END IF;
    ELSIF NEW.status IN ('draft', 'in_review') THEN
        NEW.public_at := NULL;
    ELSE
        NEW.public_at := greatest(NEW.published_at, now);
    END IF;
    RETURN NEW;
END $$;
"""
# Naming the column fires the triggers, those of its reviews and pairs too. The rows are found by an index of the moment.
HEAL = (
    "UPDATE catalog_tool SET status = status WHERE status = 'archived' AND public_at > statement_timestamp();"
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0024_earlier_states_are_checked")]

    operations = [
        migrations.RunSQL(load_sql("catalog", "publication"), BEFORE),
        migrations.RunSQL(HEAL, ""),
    ]
