"""What follows from a tool's name is no change of its own."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
CREATE OR REPLACE FUNCTION api_keep_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO api_change (table_name, row_id, action, columns)
        SELECT TG_TABLE_NAME, id, 'insert', '{}' FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO api_change (table_name, row_id, action, columns)
        SELECT TG_TABLE_NAME, was.id, 'delete',
            (SELECT jsonb_object_agg(key, jsonb_build_array(value, NULL)) FROM jsonb_each(to_jsonb(was) - 'search'))
        FROM old_rows was;
    ELSE
        INSERT INTO api_change (table_name, row_id, action, columns)
        SELECT TG_TABLE_NAME, is_now.id, 'update', changed.columns
        FROM old_rows was JOIN new_rows is_now ON is_now.id = was.id, LATERAL (
            SELECT jsonb_object_agg(key, jsonb_build_array(before.value, after.value)) AS columns
            FROM jsonb_each(to_jsonb(was)) before JOIN jsonb_each(to_jsonb(is_now)) after USING (key)
            -- These follow from other columns.
            WHERE before.value <> after.value AND key NOT IN ('updated_at', 'search', 'pair_slug')
        ) changed
        WHERE changed.columns IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("api", "0005_changes_of_public_data_are_told")]

    operations = [migrations.RunSQL(load_sql("api", "row_history"), BEFORE)]
