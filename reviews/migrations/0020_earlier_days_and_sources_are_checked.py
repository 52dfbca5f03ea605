"""Earlier days are checked too, and whether what was read is named, while rows are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("reviews", "0019_days_are_from_2000_on_and_what_was_read_is_named")]

    operations = [
        validate_where_it_holds(
            "reviews_review", "a_review_has_a_day_from_2000_on", "a_review_names_what_was_read"
        ),
        validate_where_it_holds(
            "reviews_headtohead",
            "a_head_to_head_has_a_day_from_2000_on",
            "a_head_to_head_names_what_was_read",
        ),
    ]
