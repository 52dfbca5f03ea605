"""A tool's updated_at moves when a review leaves its page, so that no page's time goes backwards."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
DROP TRIGGER IF EXISTS review_leaves_tool ON reviews_review;
DROP TRIGGER IF EXISTS deleted_review_leaves_tool ON reviews_review;
DROP FUNCTION IF EXISTS reviews_review_leaves_tool();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0010_reviewers_answer_pairs")]

    operations = [migrations.RunSQL(load_sql("reviews", "tool_pages"), BEFORE)]
