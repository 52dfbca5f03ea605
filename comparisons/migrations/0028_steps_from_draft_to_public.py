"""What is published passes a review first, and the database keeps the steps. Earlier rows are checked by the next migration."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [
        ("comparisons", "0027_earlier_tools_and_pairs_are_listed"),
        ("catalog", "0023_steps_from_draft_to_public"),
    ]

    operations = [
        migrations.AlterField(
            model_name="comparison",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("in_review", "In review"),
                    ("published", "Published"),
                    ("archived", "Archived"),
                ],
                default="draft",
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="comparison", name="comparison_status_is_known"),
        AddConstraintNotValid(
            model_name="comparison",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=["draft", "in_review", "published", "archived"]),
                name="comparison_status_is_known",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="comparison", name="a_public_comparison_has_a_publication_date"
        ),
        AddConstraintNotValid(
            model_name="comparison",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=("draft", "in_review")) | models.Q(published_at__isnull=False),
                name="a_public_comparison_has_a_publication_date",
            ),
        ),
        migrations.RunSQL(
            load_sql("comparisons", "workflow"),
            "DROP TRIGGER comparison_moves_by_workflow ON comparisons_comparison;",
        ),
        # The way back: the former tables know of no review.
        migrations.RunSQL(
            "", "UPDATE comparisons_comparison SET status = 'draft' WHERE status = 'in_review';"
        ),
    ]
