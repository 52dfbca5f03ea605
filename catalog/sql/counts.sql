-- How many tools of each category lists show; backend/api/sql/row_counts.sql says how that is kept. What is scheduled counts too.

CREATE OR REPLACE TRIGGER tool_insert_is_counted AFTER INSERT ON catalog_tool
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('tools', 'status = ''published'' AND public_at IS NOT NULL', 'category_id');
CREATE OR REPLACE TRIGGER tool_update_is_counted AFTER UPDATE ON catalog_tool
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('tools', 'status = ''published'' AND public_at IS NOT NULL', 'category_id');
CREATE OR REPLACE TRIGGER tool_delete_is_counted AFTER DELETE ON catalog_tool
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('tools', 'status = ''published'' AND public_at IS NOT NULL', 'category_id');
CREATE OR REPLACE TRIGGER tool_counts_are_forgotten AFTER TRUNCATE ON catalog_tool
    FOR EACH STATEMENT EXECUTE FUNCTION api_forget_counts('tools');
