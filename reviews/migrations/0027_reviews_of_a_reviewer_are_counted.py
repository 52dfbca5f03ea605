"""How many reviews and head-to-heads a reviewer has is kept as these change, earlier ones counted too."""

from django.db import migrations

from backend.api.sql import load_sql

REVERSE = """
DROP TRIGGER review_insert_is_counted ON reviews_review;
DROP TRIGGER review_update_is_counted ON reviews_review;
DROP TRIGGER review_delete_is_counted ON reviews_review;
DROP TRIGGER review_counts_are_forgotten ON reviews_review;
DROP TRIGGER head_to_head_insert_is_counted ON reviews_headtohead;
DROP TRIGGER head_to_head_update_is_counted ON reviews_headtohead;
DROP TRIGGER head_to_head_delete_is_counted ON reviews_headtohead;
DROP TRIGGER head_to_head_counts_are_forgotten ON reviews_headtohead;
DROP FUNCTION reviews_hold_panels, reviews_count_with_tool CASCADE;
DELETE FROM api_countchange WHERE name IN ('reviews', 'head_to_heads');
"""


class Migration(migrations.Migration):
    # Writers go on while earlier rows are counted, and are counted too.
    atomic = False

    dependencies = [
        ("api", "0008_counts_are_kept_as_rows_change"),
        ("catalog", "0029_tools_of_a_category_are_counted"),
        ("reviews", "0026_earlier_states_are_checked"),
    ]

    operations = [
        migrations.RunSQL(load_sql("reviews", "counts"), REVERSE),
        migrations.RunSQL("SELECT api_mend_counts('reviews')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT api_mend_counts('head_to_heads')", migrations.RunSQL.noop),
    ]
