-- How many rows of a table there are by the values of some columns, exact as a transaction commits: api_countchange. Each
-- statement adds what it changed as rows of its own, so no writer waits for another; a count is their sum, and a task folds
-- them now and then. What comes true by the clock is in no count: a reader takes away what lies ahead.
--
-- Triggers with transition tables, so that imports, bulk actions of the admin, update() in a shell and plain SQL are counted too.
-- Their arguments: the name of the count, which rows count, and their key, as expressions of SQL.
CREATE OR REPLACE FUNCTION api_count_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted text := format('SELECT ARRAY[%s]::text[] AS key, %%s AS number FROM %%s WHERE %s', TG_ARGV[2], TG_ARGV[1]);
BEGIN
    -- Rows that follow from others are written by statements of which most change none.
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN
            RETURN NULL;
        END IF;
    ELSIF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('INSERT INTO api_countchange (name, key, number) '
        'SELECT $1, key, sum(number) FROM (%s) changed GROUP BY key HAVING sum(number) <> 0',
        concat_ws(' UNION ALL ',
            CASE WHEN TG_OP <> 'INSERT' THEN format(counted, '-1', 'old_rows') END,
            CASE WHEN TG_OP <> 'DELETE' THEN format(counted, '1', 'new_rows') END)) USING TG_ARGV[0];
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION api_forget_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever folds them meanwhile is waited for.
    LOCK TABLE api_countchange IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM api_countchange WHERE name = TG_ARGV[0];
    RETURN NULL;
END $$;

-- Counts all rows anew, adds what the counts lack or have too much, and returns how many of them were wrong. One statement
-- sees the rows and their counts at one moment, so nobody has to wait. What counts stands in the triggers alone.
CREATE OR REPLACE FUNCTION api_mend_counts(named text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    counted record;
    moved bigint;
    mended bigint := 0;
BEGIN
    -- Two at once would add the same twice.
    PERFORM pg_advisory_xact_lock(hashtext('api_mend_counts'));
    FOR counted IN
        SELECT source, arguments[1] AS name, arguments[2] AS condition, arguments[3] AS key
        FROM (
            SELECT tgrelid::regclass AS source, string_to_array(encode(tgargs, 'escape'), '\000') AS arguments
            FROM pg_trigger WHERE tgfoid = 'api_count_changes'::regproc
        ) declared
        WHERE coalesce(arguments[1] = named, true) GROUP BY 1, 2, 3, 4
    LOOP
        EXECUTE format('INSERT INTO api_countchange (name, key, number) '
            'SELECT $1, key, sum(number) FROM ('
            'SELECT ARRAY[%s]::text[] AS key, 1 AS number FROM %s WHERE %s '
            'UNION ALL SELECT key, -number FROM api_countchange WHERE name = $1'
            ') compared GROUP BY key HAVING sum(number) <> 0',
            counted.key, counted.source, counted.condition) USING counted.name;
        GET DIAGNOSTICS moved = ROW_COUNT;
        mended := mended + moved;
    END LOOP;
    RETURN mended;
END $$;

-- Readers see these counts.
CREATE OR REPLACE TRIGGER countchange_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON api_countchange
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();

-- It refers to no other table of ours; restores.sql says what such tables refuse.
CREATE OR REPLACE TRIGGER api_countchange_refuses_restore BEFORE INSERT ON api_countchange
    FOR EACH STATEMENT WHEN (current_setting('search_path') = '') EXECUTE FUNCTION api_refuse_restore();
