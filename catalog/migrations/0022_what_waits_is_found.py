"""What curators still work on is found without reading what is published; made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0021_earlier_dates_shown_are_checked")]

    operations = [
        AddIndexConcurrently(
            "tool",
            models.Index(fields=["status"], condition=~Q(status="published"), name="tools_that_wait"),
        ),
    ]
