-- Tells the web processes that what readers see has changed. A transaction that has told so takes a lock of the whole server
-- while it commits: so no vote may, and only what editors write, and tasks at a step of the published numbers.
-- PostgreSQL tells once for each transaction, however many statements call this.
CREATE OR REPLACE FUNCTION api_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('public_change', '');
    RETURN NULL;
END $$;
