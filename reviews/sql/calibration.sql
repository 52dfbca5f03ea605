-- Readers see this table.

CREATE OR REPLACE TRIGGER calibration_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON reviews_calibration
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
