-- The history names who did something: an account that was ever used is deactivated, and not deleted, whichever way is tried.
-- Django would delete its log entries along with it, and take its name out of moderation actions.
CREATE OR REPLACE FUNCTION api_keep_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The account of % stays, for the history names it: deactivate it instead.', OLD.username
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER a_used_account_stays BEFORE DELETE ON auth_user
    FOR EACH ROW WHEN (OLD.last_login IS NOT NULL) EXECUTE FUNCTION api_keep_account();
