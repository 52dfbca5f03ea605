"""An index for the next moment at which something becomes public, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comparisons", "0007_pairs_are_found_by_when_they_became_public")]

    operations = [
        AddIndexConcurrently(
            model_name="comparison",
            index=models.Index(fields=["public_at"], name="comparisons_by_moment"),
        )
    ]
