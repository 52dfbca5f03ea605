"""A review knows when it was published and when it was last corrected.

Reviews from before get the nearest times that are known.
"""

from django.db import migrations, models

from backend.api.sql import load_sql

GIVE_TIMES = """
UPDATE reviews_review
SET published_at = created_at, corrected_at = CASE WHEN revision > 1 THEN updated_at END
WHERE status <> 'draft';
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0002_panels_count_themselves")]

    operations = [
        migrations.AddField(
            model_name="review",
            name="published_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="review",
            name="corrected_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(
            load_sql("reviews", "review_times") + GIVE_TIMES,
            "DROP FUNCTION reviews_review_keeps_times CASCADE",
        ),
    ]
