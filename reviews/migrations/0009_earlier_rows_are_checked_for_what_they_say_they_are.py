"""Earlier rows are checked too, while reviews are read and written."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reviews", "0008_reviewers_and_reviews_say_what_they_are")]

    operations = [
        ValidateConstraint("review", "review_basis_is_known"),
        ValidateConstraint("review", "a_public_review_has_a_basis"),
        ValidateConstraint("review", "review_disclosure_is_visible"),
        ValidateConstraint("reviewer", "reviewer_kind_is_known"),
    ]
