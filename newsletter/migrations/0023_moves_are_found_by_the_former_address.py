"""Two small indexes, made beside running code: erasing a reader finds what was to replace their address."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("newsletter", "0022_editors_sign_what_they_write")]

    operations = [
        AddIndexConcurrently(
            model_name="confirmationtoken",
            index=models.Index(
                fields=["replaces"],
                condition=models.Q(replaces__isnull=False),
                name="newsletter_tokens_of_moves",
            ),
        ),
        AddIndexConcurrently(
            model_name="mailjob",
            index=models.Index(
                fields=["replaces"],
                condition=models.Q(replaces__isnull=False),
                name="newsletter_jobs_of_moves",
            ),
        ),
    ]
