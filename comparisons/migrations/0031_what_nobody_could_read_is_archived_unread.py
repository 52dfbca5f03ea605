"""A pair that was archived before anybody could read it becomes public with no tool, earlier ones too."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = r"""
CREATE OR REPLACE FUNCTION comparisons_wait_for_tools() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tools_public_at timestamptz;
BEGIN
    -- A tool that is being published meanwhile is waited for.
    PERFORM FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id) ORDER BY id FOR SHARE;
    SELECT CASE WHEN bool_and(public_at IS NOT NULL) THEN max(public_at) END INTO tools_public_at
    FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id);
    IF TG_OP = 'UPDATE' AND OLD.public_at <= statement_timestamp() AND tools_public_at <= statement_timestamp() THEN
        -- It was public already, and stays so since then.
        RETURN NEW;
    END IF;
    NEW.public_at := CASE WHEN tools_public_at IS NOT NULL THEN greatest(NEW.public_at, tools_public_at) END;
    RETURN NEW;
END $$;
"""
# Naming the column fires the triggers. The rows are found by an index of the moment.
HEAL = """
UPDATE comparisons_comparison SET status = status WHERE status = 'archived' AND public_at > statement_timestamp();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comparisons", "0030_previews_have_links"),
        ("catalog", "0025_what_nobody_could_read_is_archived_unread"),
    ]

    operations = [
        migrations.RunSQL(load_sql("comparisons", "publication"), BEFORE),
        migrations.RunSQL(HEAL, ""),
    ]
