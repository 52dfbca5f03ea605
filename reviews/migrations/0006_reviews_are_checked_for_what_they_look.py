"""Earlier texts are checked too, while reviews are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("reviews", "0005_a_review_may_have_no_quote")]

    operations = [
        validate_where_it_holds("reviews_review", "review_text_is_visible"),
        validate_where_it_holds("reviews_reviewer", "reviewer_text_is_visible"),
    ]
