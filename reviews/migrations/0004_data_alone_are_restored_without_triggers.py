"""A restore of the data alone needs --disable-triggers: without it tables refuse. Inserts of old code are as before."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
DROP TRIGGER IF EXISTS reviews_reviewer_refuses_restore ON reviews_reviewer;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0003_reviews_know_when_they_were_published_and_corrected"),
        ("api", "0003_data_alone_are_restored_without_triggers"),
    ]

    operations = [migrations.RunSQL(load_sql("reviews", "restores"), BEFORE)]
