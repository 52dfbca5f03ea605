"""A merged tool gets no published pair and no published head-to-head, and what is published waits for a merge under way."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
DROP TRIGGER pair_of_merged_tool_is_not_published ON comparisons_comparison;
DROP TRIGGER pair_of_merged_tool_is_not_published ON reviews_headtohead;
DROP FUNCTION comparisons_merged_tool_gets_no_pair;

CREATE OR REPLACE FUNCTION comparisons_merged_tool_gets_no_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'INSERT' OR (OLD.status, OLD.tool_id) <> (NEW.status, NEW.tool_id))
        AND comparisons_is_merged(NEW.tool_id)
    THEN
        RAISE check_violation USING
            CONSTRAINT = 'a_merged_tool_gets_no_review',
            MESSAGE = 'This tool was merged into another: review that one.';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comparisons", "0038_what_is_ranked_is_counted"),
        ("reviews", "0027_reviews_of_a_reviewer_are_counted"),
    ]

    operations = [migrations.RunSQL(load_sql("comparisons", "merges"), BEFORE)]
