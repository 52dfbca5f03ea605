"""An index for the weekly mail, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comparisons", "0006_pairs_know_when_they_became_public")]

    operations = [
        AddIndexConcurrently(
            model_name="comparison",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["public_at", "id"],
                name="comparisons_by_news",
            ),
        ),
    ]
