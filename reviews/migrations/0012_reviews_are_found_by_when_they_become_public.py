"""Indexes for the next moment at which something becomes public, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("reviews", "0011_reviews_that_leave_a_tool_move_its_time")]

    operations = [
        AddIndexConcurrently(
            model_name="review",
            index=models.Index(
                fields=["published_at"], condition=models.Q(status="published"), name="reviews_by_moment"
            ),
        ),
        AddIndexConcurrently(
            model_name="headtohead",
            index=models.Index(
                fields=["published_at"],
                condition=models.Q(status="published"),
                name="head_to_heads_by_moment",
            ),
        ),
    ]
