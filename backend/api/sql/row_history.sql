-- Each change of a table whose triggers call this leaves a row in api_change: what changed, and by the defaults of that
-- table when, by whom and why. Once for each statement, so that a bulk update costs one insert more.
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
            WHERE before.value <> after.value AND key NOT IN ('updated_at', 'search', 'sort_key', 'pair_slug')
        ) changed
        WHERE changed.columns IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

-- What happened stays as it was written.
CREATE OR REPLACE FUNCTION api_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are written once: none is changed or deleted.', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER api_change_refuses_rewriting BEFORE UPDATE OR DELETE ON api_change
    FOR EACH ROW EXECUTE FUNCTION api_refuse_rewriting();

-- It refers to no other table of ours; restores.sql says what such tables refuse.
CREATE OR REPLACE TRIGGER api_change_refuses_restore BEFORE INSERT ON api_change
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();
