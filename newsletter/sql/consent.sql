-- The record of consent is evidence: rows are added, never changed or deleted.

CREATE OR REPLACE FUNCTION newsletter_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of consent is only added to.' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE OR REPLACE TRIGGER newsletter_consent_is_append_only BEFORE UPDATE OR DELETE ON newsletter_consent
    FOR EACH STATEMENT EXECUTE FUNCTION newsletter_refuse_change();
