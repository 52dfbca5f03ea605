-- Tables that refer to no other of ours; backend/api/sql/restores.sql says what they refuse.

CREATE OR REPLACE TRIGGER comparisons_catalogupload_refuses_restore BEFORE INSERT ON comparisons_catalogupload
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();
