-- Tables that refer to no other of ours; backend/api/sql/restores.sql says what they refuse.

CREATE OR REPLACE TRIGGER newsletter_consent_refuses_restore BEFORE INSERT ON newsletter_consent
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER newsletter_edition_refuses_restore BEFORE INSERT ON newsletter_edition
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER newsletter_mailingjournal_refuses_restore BEFORE INSERT ON newsletter_mailingjournal
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER newsletter_mailjob_refuses_restore BEFORE INSERT ON newsletter_mailjob
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER newsletter_mailrate_refuses_restore BEFORE INSERT ON newsletter_mailrate
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER newsletter_providerevent_refuses_restore BEFORE INSERT ON newsletter_providerevent
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER newsletter_sendingidentity_refuses_restore BEFORE INSERT ON newsletter_sendingidentity
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER newsletter_subscriber_refuses_restore BEFORE INSERT ON newsletter_subscriber
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();

CREATE OR REPLACE TRIGGER newsletter_suppression_refuses_restore BEFORE INSERT ON newsletter_suppression
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();
