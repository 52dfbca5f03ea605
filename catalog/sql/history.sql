-- What the history keeps, and line ends, which are no change; backend/api/sql says how.

CREATE OR REPLACE TRIGGER category_insert_is_kept AFTER INSERT ON catalog_category
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER category_update_is_kept AFTER UPDATE ON catalog_category
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER category_delete_is_kept AFTER DELETE ON catalog_category
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();

CREATE OR REPLACE TRIGGER tool_insert_is_kept AFTER INSERT ON catalog_tool
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER tool_update_is_kept AFTER UPDATE ON catalog_tool
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER tool_delete_is_kept AFTER DELETE ON catalog_tool
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();

CREATE OR REPLACE TRIGGER category_unifies_line_ends BEFORE INSERT OR UPDATE OF description ON catalog_category
    FOR EACH ROW WHEN (strpos(NEW.description, E'\r') > 0) EXECUTE FUNCTION api_unify_line_ends('description');
CREATE OR REPLACE TRIGGER tool_unifies_line_ends BEFORE INSERT OR UPDATE OF description ON catalog_tool
    FOR EACH ROW WHEN (strpos(NEW.description, E'\r') > 0) EXECUTE FUNCTION api_unify_line_ends('description');
