-- How many tools rankings are about: by the percentage of the panel, and all whose crowd may decide; row_counts.sql says how
-- that is kept. What is scheduled counts too. The panel has at least three reviewers, as comparisons.rules says.

CREATE OR REPLACE TRIGGER panel_rank_insert_is_counted AFTER INSERT ON comparisons_listedtool
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('ranked_by_panel', 'is_listed AND public_at IS NOT NULL AND panel_total >= 3',
        'category_id, panel_percent');
CREATE OR REPLACE TRIGGER panel_rank_update_is_counted AFTER UPDATE ON comparisons_listedtool
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('ranked_by_panel', 'is_listed AND public_at IS NOT NULL AND panel_total >= 3',
        'category_id, panel_percent');
CREATE OR REPLACE TRIGGER panel_rank_delete_is_counted AFTER DELETE ON comparisons_listedtool
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('ranked_by_panel', 'is_listed AND public_at IS NOT NULL AND panel_total >= 3',
        'category_id, panel_percent');
CREATE OR REPLACE TRIGGER panel_rank_counts_are_forgotten AFTER TRUNCATE ON comparisons_listedtool
    FOR EACH STATEMENT EXECUTE FUNCTION api_forget_counts('ranked_by_panel');

CREATE OR REPLACE TRIGGER crowd_rank_insert_is_counted AFTER INSERT ON comparisons_listedtool
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('ranked_by_crowd', 'is_listed AND public_at IS NOT NULL AND crowd_low IS NOT NULL',
        'category_id');
CREATE OR REPLACE TRIGGER crowd_rank_update_is_counted AFTER UPDATE ON comparisons_listedtool
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('ranked_by_crowd', 'is_listed AND public_at IS NOT NULL AND crowd_low IS NOT NULL',
        'category_id');
CREATE OR REPLACE TRIGGER crowd_rank_delete_is_counted AFTER DELETE ON comparisons_listedtool
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('ranked_by_crowd', 'is_listed AND public_at IS NOT NULL AND crowd_low IS NOT NULL',
        'category_id');
CREATE OR REPLACE TRIGGER crowd_rank_counts_are_forgotten AFTER TRUNCATE ON comparisons_listedtool
    FOR EACH STATEMENT EXECUTE FUNCTION api_forget_counts('ranked_by_crowd');
