"""What reviewers say of pairs is counted once for all pairs of a statement."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
DROP FUNCTION comparisons_count_pairs CASCADE;

CREATE OR REPLACE FUNCTION comparisons_count_pair_panels(pairs uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO comparisons_pairpanel (comparison_id)
    SELECT id FROM comparisons_comparison WHERE id = ANY (pairs) ON CONFLICT DO NOTHING;
    PERFORM FROM comparisons_pairpanel WHERE comparison_id = ANY (pairs) ORDER BY comparison_id FOR UPDATE;
    UPDATE comparisons_pairpanel p SET
        shared_total = shared.total, shared_first = shared.first, shared_second = shared.second,
        choose_first = chosen.first, choose_second = chosen.second, choose_neither = chosen.neither
    FROM comparisons_comparison c, LATERAL (
        SELECT count(*) AS total, count(*) FILTER (WHERE one.verdict = 'ship') AS first,
            count(*) FILTER (WHERE other.verdict = 'ship') AS second
        FROM reviews_review one JOIN reviews_review other USING (reviewer_id)
        WHERE one.tool_id = c.first_tool_id AND one.status = 'published'
          AND other.tool_id = c.second_tool_id AND other.status = 'published'
    ) shared, LATERAL (
        SELECT count(*) FILTER (WHERE choice_id = c.first_tool_id) AS first,
            count(*) FILTER (WHERE choice_id = c.second_tool_id) AS second,
            count(*) FILTER (WHERE choice_id IS NULL) AS neither
        FROM reviews_headtohead h
        WHERE h.first_tool_id = least(c.first_tool_id, c.second_tool_id)
          AND h.second_tool_id = greatest(c.first_tool_id, c.second_tool_id) AND h.status = 'published'
    ) chosen
    WHERE c.id = p.comparison_id AND p.comparison_id = ANY (pairs)
      AND (p.shared_total, p.shared_first, p.shared_second, p.choose_first, p.choose_second, p.choose_neither)
        IS DISTINCT FROM (shared.total, shared.first, shared.second, chosen.first, chosen.second, chosen.neither);
END $$;

CREATE OR REPLACE FUNCTION comparisons_count_pair() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM reviews_panel WHERE tool_id IN (NEW.first_tool_id, NEW.second_tool_id) ORDER BY tool_id FOR SHARE;
    PERFORM comparisons_count_pair_panels(ARRAY[NEW.id]);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER pair_panel_is_counted
    AFTER INSERT OR UPDATE OF first_tool_id, second_tool_id ON comparisons_comparison
    FOR EACH ROW EXECUTE FUNCTION comparisons_count_pair();
"""


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0034_what_lists_show_is_counted")]

    operations = [
        # A database that is new has the later function alone.
        migrations.RunSQL(
            "DROP FUNCTION IF EXISTS comparisons_count_pair CASCADE;"
            + load_sql("comparisons", "pair_panels"),
            BEFORE,
        ),
    ]
