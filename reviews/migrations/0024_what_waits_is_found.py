"""What curators still work on is found without reading what is published; made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("reviews", "0023_reviewers_are_calibrated")]

    operations = [
        AddIndexConcurrently(
            "review",
            models.Index(fields=["status"], condition=~Q(status="published"), name="reviews_that_wait"),
        ),
        AddIndexConcurrently(
            "headtohead",
            models.Index(fields=["status"], condition=~Q(status="published"), name="head_to_heads_that_wait"),
        ),
    ]
