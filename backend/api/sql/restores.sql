-- A restore of the data alone into tables that are there fires their triggers, and these would count rows that come with
-- their counts. So it needs --disable-triggers; without it each table refuses, which leaves all of them empty.
--
-- Dumps run with an empty search_path, and nothing else does: we name tables without their schema.

CREATE OR REPLACE FUNCTION api_refuse_restore() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Data alone are restored with pg_restore --data-only --disable-triggers --single-transaction, by a superuser.'
        USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'docs/operators.md shows the way, under "The data alone". No table was filled.';
END $$;

-- The tables that refer to no other of ours; what refers to them cannot be filled without them.

CREATE OR REPLACE TRIGGER api_idempotentanswer_refuses_restore BEFORE INSERT ON api_idempotentanswer
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER api_ratecounter_refuses_restore BEFORE INSERT ON api_ratecounter
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER auth_group_refuses_restore BEFORE INSERT ON auth_group
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER auth_user_refuses_restore BEFORE INSERT ON auth_user
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER django_session_refuses_restore BEFORE INSERT ON django_session
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();
