"""Logos that were stored as they were sent are found without reading all tools; the index is made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0018_logos_wait_to_be_drawn")]

    operations = [
        AddIndexConcurrently(
            model_name="tool",
            index=models.Index(
                fields=["id"],
                condition=~Q(logo="") & ~Q(logo__regex=r"^logos/([0-9a-f]{32})-256\.png\Z"),
                name="tools_with_earlier_logos",
            ),
        ),
    ]
