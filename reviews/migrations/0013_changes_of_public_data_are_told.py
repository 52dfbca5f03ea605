"""Changes of what readers see are told to web processes."""

from django.db import migrations

from backend.api.sql import load_sql

DROP = """
DROP TRIGGER reviewer_change_is_told ON reviews_reviewer;
DROP TRIGGER review_change_is_told ON reviews_review;
DROP TRIGGER headtohead_change_is_told ON reviews_headtohead;
DROP TRIGGER panel_change_is_told ON reviews_panel;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_changes_of_public_data_are_told"),
        ("reviews", "0012_reviews_are_found_by_when_they_become_public"),
    ]

    operations = [migrations.RunSQL(load_sql("reviews", "public_changes"), DROP)]
