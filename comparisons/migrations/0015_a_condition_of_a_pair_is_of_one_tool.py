"""A pair's own conditions name none for both tools. Earlier rows that do stay as they are until somebody writes them."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
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
        SELECT FROM comparisons_pairfit WHERE comparison_id IN (SELECT comparison_id FROM new_rows)
        GROUP BY comparison_id, tool_id HAVING count(*) > 12
    ) THEN
        RAISE check_violation USING
            CONSTRAINT = 'conditions_of_a_pair_can_be_looked_over',
            MESSAGE = 'A pair has at most 12 conditions of each tool.';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0014_a_public_pair_keeps_its_tools")]

    operations = [migrations.RunSQL(load_sql("comparisons", "fits"), BEFORE)]
