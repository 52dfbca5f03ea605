-- Conditions, and the tools that fit them: their history, how many there may be, and how many published tools fit each.
-- Triggers, so that imports, bulk actions of the admin, update() in a shell and plain SQL keep all of it too.

CREATE OR REPLACE TRIGGER condition_insert_is_kept AFTER INSERT ON catalog_condition
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER condition_update_is_kept AFTER UPDATE ON catalog_condition
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER condition_delete_is_kept AFTER DELETE ON catalog_condition
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();

-- It refers to no other table of ours; backend/api/sql/restores.sql says what such tables refuse.
CREATE OR REPLACE TRIGGER catalog_condition_refuses_restore BEFORE INSERT ON catalog_condition
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

-- Each condition has its count, and there are at most as many as a reader can look over (catalog.models.MAX_CONDITIONS).
CREATE OR REPLACE FUNCTION catalog_conditions_get_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM catalog_condition) > 500 THEN
        RAISE check_violation USING
            CONSTRAINT = 'conditions_can_be_looked_over',
            MESSAGE = 'There are at most 500 conditions: use one that is there.';
    END IF;
    INSERT INTO catalog_conditioncount (condition_id) SELECT id FROM new_rows ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER conditions_get_counts AFTER INSERT ON catalog_condition
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_conditions_get_counts();

-- Takes away what the rows counted for before, then adds what they count for now. Only published tools count, and at most
-- 12 conditions stand on a tool (catalog.models.MAX_FITS). The tool's page has changed with them.
--
-- The tools are locked, against others who write their conditions and against who publishes or archives one meanwhile:
-- whoever comes second sees what the first has done.
CREATE OR REPLACE FUNCTION catalog_fits_move_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM FROM catalog_tool WHERE id IN (SELECT tool_id FROM old_rows) ORDER BY id FOR NO KEY UPDATE;
        UPDATE catalog_tool SET updated_at = greatest(updated_at, statement_timestamp())
        WHERE id IN (SELECT tool_id FROM old_rows);
        UPDATE catalog_conditioncount SET tools = tools - fits.number
        FROM (
            SELECT old_rows.condition_id, count(*) AS number FROM old_rows
            JOIN catalog_tool ON catalog_tool.id = old_rows.tool_id WHERE status = 'published' GROUP BY 1
        ) fits
        WHERE catalog_conditioncount.condition_id = fits.condition_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM FROM catalog_tool WHERE id IN (SELECT tool_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
        UPDATE catalog_tool SET updated_at = greatest(updated_at, statement_timestamp())
        WHERE id IN (SELECT tool_id FROM new_rows);
        IF EXISTS (
            SELECT FROM catalog_toolfit WHERE tool_id IN (SELECT tool_id FROM new_rows)
            GROUP BY tool_id HAVING count(*) > 12
        ) THEN
            RAISE check_violation USING
                CONSTRAINT = 'conditions_of_a_tool_can_be_looked_over',
                MESSAGE = 'A tool has at most 12 conditions.';
        END IF;
        UPDATE catalog_conditioncount SET tools = tools + fits.number
        FROM (
            SELECT new_rows.condition_id, count(*) AS number FROM new_rows
            JOIN catalog_tool ON catalog_tool.id = new_rows.tool_id WHERE status = 'published' GROUP BY 1
        ) fits
        WHERE catalog_conditioncount.condition_id = fits.condition_id;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER fit_insert_moves_counts AFTER INSERT ON catalog_toolfit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_fits_move_counts();
CREATE OR REPLACE TRIGGER fit_update_moves_counts AFTER UPDATE ON catalog_toolfit
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_fits_move_counts();
CREATE OR REPLACE TRIGGER fit_delete_moves_counts AFTER DELETE ON catalog_toolfit
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_fits_move_counts();

CREATE OR REPLACE FUNCTION catalog_tool_moves_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_conditioncount SET tools = tools + CASE WHEN NEW.status = 'published' THEN 1 ELSE -1 END
    WHERE condition_id IN (SELECT condition_id FROM catalog_toolfit WHERE tool_id = NEW.id);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tool_moves_counts AFTER UPDATE OF status ON catalog_tool
    FOR EACH ROW WHEN ((OLD.status = 'published') <> (NEW.status = 'published'))
    EXECUTE FUNCTION catalog_tool_moves_counts();

-- The history of a tool, or of a pair, holds what became of its conditions, column by column. The trigger names the column
-- of the row that they stand on.
CREATE OR REPLACE FUNCTION catalog_keep_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := '[]';
    is_now jsonb := '[]';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT coalesce(jsonb_agg(to_jsonb(fit)), '[]') INTO was FROM old_rows fit;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT coalesce(jsonb_agg(to_jsonb(fit)), '[]') INTO is_now FROM new_rows fit;
    END IF;
    INSERT INTO api_change (table_name, row_id, action, columns)
    SELECT TG_TABLE_NAME, changed.row_id, 'update', jsonb_object_agg(changed.name, changed.both_values)
    FROM (
        SELECT (coalesce(after.fit, before.fit) ->> TG_ARGV[0])::uuid AS row_id,
            format('%s if %s: %s', catalog_tool.slug, catalog_condition.slug, key) AS name,
            jsonb_build_array(before.fit -> key, after.fit -> key) AS both_values
        FROM jsonb_array_elements(was) AS before(fit)
        FULL JOIN jsonb_array_elements(is_now) AS after(fit)
            ON before.fit ->> 'id' = after.fit ->> 'id' AND before.fit ->> 'tool_id' = after.fit ->> 'tool_id'
            AND before.fit ->> 'condition_id' = after.fit ->> 'condition_id'
        JOIN catalog_tool ON catalog_tool.id = (coalesce(after.fit, before.fit) ->> 'tool_id')::uuid
        JOIN catalog_condition ON catalog_condition.id = (coalesce(after.fit, before.fit) ->> 'condition_id')::uuid
        CROSS JOIN unnest(ARRAY['position', 'note', 'evidence', 'checked_on']) AS key
        WHERE before.fit -> key IS DISTINCT FROM after.fit -> key
    ) changed
    GROUP BY changed.row_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER fit_insert_is_kept AFTER INSERT ON catalog_toolfit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_keep_fits('tool_id');
CREATE OR REPLACE TRIGGER fit_update_is_kept AFTER UPDATE ON catalog_toolfit
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_keep_fits('tool_id');
CREATE OR REPLACE TRIGGER fit_delete_is_kept AFTER DELETE ON catalog_toolfit
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_keep_fits('tool_id');

-- Readers see these tables.
CREATE OR REPLACE TRIGGER condition_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog_condition
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
CREATE OR REPLACE TRIGGER conditioncount_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog_conditioncount
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
CREATE OR REPLACE TRIGGER toolfit_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog_toolfit
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
