-- The archive shows these columns. What sending writes beside them, readers do not see.

CREATE OR REPLACE TRIGGER edition_change_is_told AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF
        week, state, subject, intro, html, text, archive, frozen_at ON newsletter_edition
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
