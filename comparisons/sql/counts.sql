-- How many tools and pairs lists show, by what they are filtered by; backend/api/sql/row_counts.sql says how that is kept. What
-- is scheduled counts too.

CREATE OR REPLACE TRIGGER listed_tool_insert_is_counted AFTER INSERT ON comparisons_listedtool
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('listed_tools', 'is_listed AND public_at IS NOT NULL', 'category_id, entry, call');
CREATE OR REPLACE TRIGGER listed_tool_update_is_counted AFTER UPDATE ON comparisons_listedtool
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('listed_tools', 'is_listed AND public_at IS NOT NULL', 'category_id, entry, call');
CREATE OR REPLACE TRIGGER listed_tool_delete_is_counted AFTER DELETE ON comparisons_listedtool
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('listed_tools', 'is_listed AND public_at IS NOT NULL', 'category_id, entry, call');
CREATE OR REPLACE TRIGGER listed_tool_counts_are_forgotten AFTER TRUNCATE ON comparisons_listedtool
    FOR EACH STATEMENT EXECUTE FUNCTION api_forget_counts('listed_tools');

CREATE OR REPLACE TRIGGER listed_pair_insert_is_counted AFTER INSERT ON comparisons_listedpair
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('listed_pairs', 'is_listed AND public_at IS NOT NULL',
        'first_category_id, second_category_id, outcome');
CREATE OR REPLACE TRIGGER listed_pair_update_is_counted AFTER UPDATE ON comparisons_listedpair
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('listed_pairs', 'is_listed AND public_at IS NOT NULL',
        'first_category_id, second_category_id, outcome');
CREATE OR REPLACE TRIGGER listed_pair_delete_is_counted AFTER DELETE ON comparisons_listedpair
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('listed_pairs', 'is_listed AND public_at IS NOT NULL',
        'first_category_id, second_category_id, outcome');
CREATE OR REPLACE TRIGGER listed_pair_counts_are_forgotten AFTER TRUNCATE ON comparisons_listedpair
    FOR EACH STATEMENT EXECUTE FUNCTION api_forget_counts('listed_pairs');
