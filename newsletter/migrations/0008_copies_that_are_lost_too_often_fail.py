"""Counts how often a copy was lost with its worker. The database knows the default, so that the old code may add copies."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0007_what_providers_tell"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="lost",
            field=models.SmallIntegerField(
                db_default=0, default=0, help_text="How often whoever had claimed it did not come back."
            ),
        ),
    ]
