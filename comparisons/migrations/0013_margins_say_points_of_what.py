"""The admin says of what the points of a margin are; nothing in the database changes."""

from django.db import migrations, models

MARGIN = "By how many percentage points the winner is ahead: of the reviewers of both tools who ship it, or of voters, where these decided; of those who chose between the two, where head-to-heads or picks did. Without a winner 0."


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0012_earlier_pairs_are_counted")]

    operations = [
        migrations.AlterField(
            model_name="verdictchange",
            name="margin",
            field=models.PositiveSmallIntegerField(help_text=MARGIN),
        ),
        migrations.AlterField(
            model_name="verdictchange",
            name="before_margin",
            field=models.PositiveSmallIntegerField(help_text=MARGIN, null=True),
        ),
    ]
