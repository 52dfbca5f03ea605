"""Every tool has a panel row, and each change of a review moves it in the same transaction."""

from django.db import migrations

from backend.api.sql import load_sql

COUNT_WHAT_IS_THERE = """
INSERT INTO reviews_panel (tool_id, ship, skip)
SELECT t.id,
       count(*) FILTER (WHERE r.status = 'published' AND r.verdict = 'ship'),
       count(*) FILTER (WHERE r.status = 'published' AND r.verdict = 'skip')
FROM catalog_tool t LEFT JOIN reviews_review r ON r.tool_id = t.id
GROUP BY t.id
ON CONFLICT DO NOTHING;
"""

REVERSE = """
DROP FUNCTION reviews_review_moves_panel CASCADE;
DROP FUNCTION reviews_tool_gets_panel CASCADE;
DELETE FROM reviews_panel;
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_reviewers_reviews_and_panels")]

    operations = [migrations.RunSQL(load_sql("reviews", "panels") + COUNT_WHAT_IS_THERE, REVERSE)]
