"""Indexes for lists of reviews and of head-to-heads, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("reviews", "0014_head_to_heads_that_leave_a_pair_move_its_tools")]

    operations = [
        AddIndexConcurrently(
            model_name="review",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["created_at", "id"],
                name="reviews_by_creation",
            ),
        ),
        AddIndexConcurrently(
            model_name="review",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["reviewer", "created_at", "id"],
                name="reviews_by_reviewer",
            ),
        ),
        AddIndexConcurrently(
            model_name="headtohead",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["created_at", "id"],
                name="head_to_heads_by_creation",
            ),
        ),
        AddIndexConcurrently(
            model_name="headtohead",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["reviewer", "published_at", "id"],
                name="head_to_heads_by_reviewer",
            ),
        ),
    ]
