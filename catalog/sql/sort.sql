-- The order of names: as people sort, whatever the locale of the server. By the words that search reads (no case, accents or
-- punctuation), and numbers by their value: GPT-4 before GPT-10. To be compared byte by byte (COLLATE "C").

CREATE OR REPLACE FUNCTION catalog_sort_key(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT coalesce(string_agg(
        CASE WHEN part[1] ~ '^[0-9]{1,12}$' THEN lpad(part[1], 12, '0') ELSE part[1] END, '' ORDER BY place
    ), '')
    FROM regexp_matches(array_to_string(catalog_search_words(value), ' '), '[0-9]+|[^0-9]+', 'g')
        WITH ORDINALITY AS each(part, place)
$$;
