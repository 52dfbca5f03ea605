"""Earlier rows are checked too, while they are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("reviews", "0025_steps_from_draft_to_public")]

    operations = [
        validate_where_it_holds("reviews_review", "review_status_is_known", "a_public_review_has_a_basis"),
        validate_where_it_holds(
            "reviews_headtohead", "head_to_head_status_is_known", "a_public_head_to_head_has_a_basis"
        ),
    ]
