"""Readers of the day's mail of new comparisons are found without reading all others."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("newsletter", "0020_new_comparisons_have_a_mail_of_their_day")]

    operations = [
        AddIndexConcurrently(
            model_name="subscriber",
            index=models.Index(
                condition=models.Q(("frequency", "each_comparison"), ("status", "active")),
                fields=["id"],
                name="newsletter_daily_readers",
            ),
        ),
    ]
