-- Tables that refer to no other of ours; backend/api/sql/restores.sql says what they refuse.

CREATE OR REPLACE TRIGGER votes_salt_refuses_restore BEFORE INSERT ON votes_salt
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER votes_spentchallenge_refuses_restore BEFORE INSERT ON votes_spentchallenge
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER votes_voter_refuses_restore BEFORE INSERT ON votes_voter
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();
