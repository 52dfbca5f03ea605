-- Search: one normaliser for what is indexed and for what is asked. Needs no extension and no dictionary of its own.
--
-- Each function names its schema's search_path at creation, so that a restore finds what it calls.

-- The words of a text, in its order: composed, without accents and case, C++ as cplusplus, without punctuation.
-- Marks of Indic scripts and Thai belong to their words, so separators are named rather than letters.
CREATE OR REPLACE FUNCTION catalog_search_words(value text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    plain text := value;
BEGIN
    IF plain ~ '[^\u0001-\u007f]' THEN
        plain := regexp_replace(normalize(plain, NFKD), '[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]', '', 'g');
        plain := lower(normalize(plain, NFKC));
        plain := translate(plain, 'øđłħıþ’ʼ', 'odlhit''''');
        plain := replace(replace(replace(plain, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
    ELSE
        plain := lower(plain);
    END IF;
    IF plain ~ '[+#.]' THEN
        plain := regexp_replace(plain, '([a-z0-9])\+\+', '\1plusplus', 'g');
        plain := regexp_replace(plain, '(^|[^a-z0-9])([a-z])#', '\1\2sharp', 'g');
        plain := regexp_replace(plain, '(^|[^a-z0-9])\.net($|[^a-z0-9])', '\1dotnet\2', 'g');
    END IF;
    plain := regexp_replace(plain, '(^|[^a-z0-9])cpp($|[^a-z0-9])', '\1cplusplus\2', 'g');
    plain := regexp_replace(plain,
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7'
        '\u02c2-\u02df\u2000-\u206f\u20a0-\u20cf\u2100-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d'
        '\ue000-\uf8ff\ufe00-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff0-\uffff'
        '\U0001f000-\U0001faff]+', ' ', 'g');
    RETURN array_remove(string_to_array(btrim(plain), ' '), '');
END $$;

-- The words of one field as an indexed text: each as it stands and as its English stem. Where words stand close, as in a
-- name, each is there joined with its neighbours too, so that "chatgpt" finds "Chat GPT"; and of a script without spaces
-- each end of a run, so that a word within it is found.
--
-- PL/pgSQL, here and below, because it keeps its plans; a function in SQL that calls another is planned anew at each call.
CREATE OR REPLACE FUNCTION catalog_search_lexemes(value text, weight "char", is_close boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    words text[];
    word text;
    lexemes text[];
    mark text;
    place integer := 0;
    entries text[];
BEGIN
    SELECT array_agg(left(each_word, 60)) INTO words FROM unnest(catalog_search_words(value)) AS each_word;
    FOREACH word IN ARRAY coalesce(words, '{}') LOOP
        place := place + 1;
        mark := format(''':%s%s ', least(place, 16383), weight);
        lexemes := ARRAY[word, (ts_lexize('english_stem', word))[1]];
        IF is_close THEN
            lexemes := lexemes || left(word || words[place + 1], 60)
                || left(word || words[place + 1] || words[place + 2], 60);
            IF word ~ '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]' THEN
                lexemes := lexemes || ARRAY(SELECT substr(word, start) FROM generate_series(2, length(word)) AS start);
            END IF;
        END IF;
        -- NULL, which is left out, is the stem of a stop word and what joins the last one.
        entries := entries || ('''' || array_to_string(lexemes, mark || '''') || mark);
    END LOOP;
    RETURN coalesce(array_to_string(entries, ''), '');
END $$;

CREATE OR REPLACE FUNCTION catalog_search_vector(name text, tagline text, description text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN concat_ws(' ',
        catalog_search_lexemes(name, 'A', true),
        catalog_search_lexemes(tagline, 'B', true),
        catalog_search_lexemes(description, 'C', false)
    )::tsvector;
END $$;

-- The words of a name alone, by which a search finds whose name it is, however many texts hold the words.
CREATE OR REPLACE FUNCTION catalog_search_name(name text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN catalog_search_lexemes(name, 'A', true)::tsvector;
END $$;

-- What a reader typed. Every word must begin a word: by itself, as its stem, joined with a neighbour, or parted where
-- digits meet letters.
CREATE OR REPLACE FUNCTION catalog_search_query(value text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN RETURN (
    WITH words AS (
        SELECT left(word, 60) AS word, place,
            left(lag(word) OVER around || word, 60) AS joined_before,
            left(word || lead(word) OVER around, 60) AS joined_after,
            left(lag(word, 2) OVER around || lag(word) OVER around || word, 60) AS third,
            left(lag(word) OVER around || word || lead(word) OVER around, 60) AS second,
            left(word || lead(word) OVER around || lead(word, 2) OVER around, 60) AS first,
            -- "gpt4o" is gpt and 4 and o.
            regexp_replace(regexp_replace(left(word, 60), '([a-z])([0-9])', '\1'' & ''\2', 'g'),
                '([0-9])([a-z])', '\1'' & ''\2', 'g') AS parted
        FROM unnest(catalog_search_words(value)) WITH ORDINALITY AS each(word, place)
        WINDOW around AS (ORDER BY place)
    ), forms AS (
        SELECT place, format('''%s'':*', form) AS form
        FROM words, unnest(ARRAY[
            word, (ts_lexize('english_stem', word))[1], joined_before, joined_after, third, second, first
        ]) AS form
        WHERE form <> ''
        UNION SELECT place, format('(''%s'':*)', parted) FROM words WHERE parted <> word
    )
    SELECT coalesce(string_agg('(' || forms || ')', ' & '), '')::tsquery
    FROM (SELECT string_agg(form, ' | ') AS forms FROM forms GROUP BY place) AS each
); END $$;
