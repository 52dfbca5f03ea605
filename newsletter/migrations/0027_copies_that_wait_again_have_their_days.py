"""Copies that staff have wait again are tried for as long as new ones, however old their edition is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0026_consent_names_an_action")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="retried_at",
            field=models.DateTimeField(
                blank=True, help_text="When copies that were settled last came to wait again.", null=True
            ),
        )
    ]
