"""An index for the root of a day, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("votes", "0014_days_have_roots_and_picks_have_lines")]

    operations = [
        AddIndexConcurrently(
            model_name="tallyday",
            index=models.Index(fields=["day"], include=["digest"], name="tally_days_by_day"),
        )
    ]
