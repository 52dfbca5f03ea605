-- The table refers to no other of ours; backend/api/sql/restores.sql says what it refuses.

CREATE OR REPLACE TRIGGER votes_closedday_refuses_restore BEFORE INSERT ON votes_closedday
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();
