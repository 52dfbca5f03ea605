-- What the history keeps, and line ends, which are no change; backend/api/sql says how.

CREATE OR REPLACE TRIGGER comparison_insert_is_kept AFTER INSERT ON comparisons_comparison
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER comparison_update_is_kept AFTER UPDATE ON comparisons_comparison
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER comparison_delete_is_kept AFTER DELETE ON comparisons_comparison
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();

CREATE OR REPLACE TRIGGER comparison_unifies_line_ends BEFORE INSERT OR UPDATE OF editor_note ON comparisons_comparison
    FOR EACH ROW WHEN (strpos(NEW.editor_note, E'\r') > 0) EXECUTE FUNCTION api_unify_line_ends('editor_note');
