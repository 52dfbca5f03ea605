"""What is published passes a review first, and the database keeps the steps. Earlier rows are checked by the next migration."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0024_what_waits_is_found"),
        ("catalog", "0023_steps_from_draft_to_public"),
    ]

    operations = [
        migrations.AlterField(
            model_name="review",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("in_review", "In review"),
                    ("published", "Published"),
                    ("retracted", "Retracted"),
                ],
                default="draft",
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="review", name="review_status_is_known"),
        AddConstraintNotValid(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=["draft", "in_review", "published", "retracted"]),
                name="review_status_is_known",
            ),
        ),
        migrations.RemoveConstraint(model_name="review", name="a_public_review_has_a_basis"),
        AddConstraintNotValid(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=("draft", "in_review")) | models.Q(basis__isnull=False),
                name="a_public_review_has_a_basis",
            ),
        ),
        migrations.AlterField(
            model_name="headtohead",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("in_review", "In review"),
                    ("published", "Published"),
                    ("retracted", "Retracted"),
                ],
                default="draft",
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="headtohead", name="head_to_head_status_is_known"),
        AddConstraintNotValid(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=["draft", "in_review", "published", "retracted"]),
                name="head_to_head_status_is_known",
            ),
        ),
        migrations.RemoveConstraint(model_name="headtohead", name="a_public_head_to_head_has_a_basis"),
        AddConstraintNotValid(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=("draft", "in_review")) | models.Q(basis__isnull=False),
                name="a_public_head_to_head_has_a_basis",
            ),
        ),
        migrations.RunSQL(
            load_sql("reviews", "workflow"),
            """
            DROP TRIGGER review_moves_by_workflow ON reviews_review;
            DROP TRIGGER head_to_head_moves_by_workflow ON reviews_headtohead;
            """,
        ),
        # The way back: the former tables know of no review.
        migrations.RunSQL(
            "",
            "UPDATE reviews_review SET status = CASE WHEN published_at <= now() THEN 'retracted' ELSE 'draft' END "
            "WHERE status = 'in_review';",
        ),
        migrations.RunSQL(
            "",
            "UPDATE reviews_headtohead SET status = CASE WHEN published_at <= now() THEN 'retracted' ELSE 'draft' END "
            "WHERE status = 'in_review';",
        ),
    ]
