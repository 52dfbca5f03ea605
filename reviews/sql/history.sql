-- What the history keeps, and line ends, which are no change; backend/api/sql says how.

CREATE OR REPLACE TRIGGER reviewer_insert_is_kept AFTER INSERT ON reviews_reviewer
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER reviewer_update_is_kept AFTER UPDATE ON reviews_reviewer
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER reviewer_delete_is_kept AFTER DELETE ON reviews_reviewer
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();

CREATE OR REPLACE TRIGGER review_insert_is_kept AFTER INSERT ON reviews_review
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER review_update_is_kept AFTER UPDATE ON reviews_review
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();
CREATE OR REPLACE TRIGGER review_delete_is_kept AFTER DELETE ON reviews_review
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION api_keep_changes();

-- Fires before review_keeps_times, whose name comes later: line ends alone are no correction.
CREATE OR REPLACE TRIGGER review_has_plain_line_ends BEFORE INSERT OR UPDATE OF quote ON reviews_review
    FOR EACH ROW WHEN (strpos(NEW.quote, E'\r') > 0) EXECUTE FUNCTION api_unify_line_ends('quote');

CREATE OR REPLACE TRIGGER review_revision_refuses_rewriting BEFORE UPDATE OR DELETE ON reviews_reviewrevision
    FOR EACH ROW EXECUTE FUNCTION api_refuse_rewriting();
