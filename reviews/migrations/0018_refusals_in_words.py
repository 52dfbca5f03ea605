"""Forms say what a live review or head-to-head keeps from being saved; nothing in the database changes."""

from django.db import migrations, models

LIVE = models.Q(("status", "published"))


class Migration(migrations.Migration):
    dependencies = [("reviews", "0017_names_are_more_than_blanks")]

    operations = [
        migrations.AlterConstraint(
            model_name="review",
            name="one_live_review_per_reviewer_and_tool",
            constraint=models.UniqueConstraint(
                condition=LIVE,
                fields=("reviewer", "tool"),
                name="one_live_review_per_reviewer_and_tool",
                violation_error_message="This reviewer has a live review of the tool already: correct or retract it.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="headtohead",
            name="one_live_head_to_head_per_reviewer_and_pair",
            constraint=models.UniqueConstraint(
                condition=LIVE,
                fields=("reviewer", "first_tool", "second_tool"),
                name="one_live_head_to_head_per_reviewer_and_pair",
                violation_error_message=(
                    "This reviewer has a live head-to-head on the pair already: correct or retract it."
                ),
            ),
        ),
    ]
