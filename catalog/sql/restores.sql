-- Tables that refer to no other of ours; backend/api/sql/restores.sql says what they refuse.

CREATE OR REPLACE TRIGGER catalog_category_refuses_restore BEFORE INSERT ON catalog_category
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();
