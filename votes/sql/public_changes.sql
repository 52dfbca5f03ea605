-- Readers see these tables, which no vote writes to: tallies reach them in steps.

CREATE OR REPLACE TRIGGER publishedtally_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON votes_publishedtally
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();

CREATE OR REPLACE TRIGGER publishedpicktally_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON votes_publishedpicktally
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();

CREATE OR REPLACE TRIGGER tallyday_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON votes_tallyday
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();

CREATE OR REPLACE TRIGGER picktallyday_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON votes_picktallyday
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();

CREATE OR REPLACE TRIGGER closedday_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON votes_closedday
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
