-- Conditions that an editor puts on a pair: each of one of its two tools and not of both, at most 12 of each tool
-- (catalog.models.MAX_FITS), and kept in the pair's history.

CREATE OR REPLACE FUNCTION comparisons_fits_are_of_the_pair() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever writes conditions of the same pair, or changes its tools, waits.
    PERFORM FROM comparisons_comparison WHERE id IN (SELECT comparison_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM new_rows JOIN comparisons_comparison pair ON pair.id = comparison_id
        WHERE tool_id NOT IN (pair.first_tool_id, pair.second_tool_id)
    ) THEN
        RAISE check_violation USING
            CONSTRAINT = 'conditions_of_a_pair_are_of_its_tools',
            MESSAGE = 'A condition of a pair is of one of its two tools.';
    ELSIF EXISTS (
        SELECT FROM new_rows JOIN comparisons_pairfit other USING (comparison_id, condition_id)
        WHERE other.tool_id <> new_rows.tool_id
    ) THEN
        RAISE check_violation USING
            CONSTRAINT = 'a_condition_of_a_pair_is_of_one_tool',
            MESSAGE = 'A condition of both tools decides nothing between them: name it for one.';
    ELSIF EXISTS (
        SELECT FROM comparisons_pairfit WHERE comparison_id IN (SELECT comparison_id FROM new_rows)
        GROUP BY comparison_id, tool_id HAVING count(*) > 12
    ) THEN
        RAISE check_violation USING
            CONSTRAINT = 'conditions_of_a_pair_can_be_looked_over',
            MESSAGE = 'A pair has at most 12 conditions of each tool.';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER inserted_fits_are_of_the_pair AFTER INSERT ON comparisons_pairfit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_fits_are_of_the_pair();
CREATE OR REPLACE TRIGGER updated_fits_are_of_the_pair AFTER UPDATE ON comparisons_pairfit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_fits_are_of_the_pair();

-- The pair's page has changed with its conditions.
CREATE OR REPLACE FUNCTION comparisons_fits_move_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE comparisons_comparison SET updated_at = greatest(updated_at, statement_timestamp())
    WHERE id IN (SELECT comparison_id FROM changed_rows);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER inserted_fits_move_time AFTER INSERT ON comparisons_pairfit
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_fits_move_time();
CREATE OR REPLACE TRIGGER updated_fits_move_time AFTER UPDATE ON comparisons_pairfit
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_fits_move_time();
CREATE OR REPLACE TRIGGER deleted_fits_move_time AFTER DELETE ON comparisons_pairfit
    REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_fits_move_time();

-- A tool that leaves the pair takes its conditions along.
CREATE OR REPLACE FUNCTION comparisons_tool_takes_fits_along() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM comparisons_pairfit
    WHERE comparison_id = NEW.id AND tool_id NOT IN (NEW.first_tool_id, NEW.second_tool_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tool_takes_fits_along AFTER UPDATE OF first_tool_id, second_tool_id ON comparisons_comparison
    FOR EACH ROW EXECUTE FUNCTION comparisons_tool_takes_fits_along();

CREATE OR REPLACE TRIGGER pair_fit_insert_is_kept AFTER INSERT ON comparisons_pairfit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_keep_fits('comparison_id');
CREATE OR REPLACE TRIGGER pair_fit_update_is_kept AFTER UPDATE ON comparisons_pairfit
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION catalog_keep_fits('comparison_id');
CREATE OR REPLACE TRIGGER pair_fit_delete_is_kept AFTER DELETE ON comparisons_pairfit
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog_keep_fits('comparison_id');

-- Readers see this table.
CREATE OR REPLACE TRIGGER pairfit_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON comparisons_pairfit
    FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
