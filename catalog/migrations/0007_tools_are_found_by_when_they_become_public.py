"""An index for the next moment at which something becomes public, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0006_tools_know_when_they_became_public")]

    operations = [
        AddIndexConcurrently(
            model_name="tool",
            index=models.Index(fields=["public_at"], name="tools_by_moment"),
        )
    ]
