-- Browsers end lines with CR and LF, files and editors with LF: a text is kept with LF, so that neither counts as a change.

-- The trigger names the column. Its WHEN asks for a CR, so that other rows call nothing.
CREATE OR REPLACE FUNCTION api_unify_line_ends() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    text_before text := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    RETURN jsonb_populate_record(NEW, jsonb_build_object(
        TG_ARGV[0], replace(replace(text_before, E'\r\n', E'\n'), E'\r', E'\n')
    ));
END $$;
