"""Votes and picks have a number that grows with each change. A constant default: no row is written anew."""

from django.db import migrations, models

HELP = "Grows with each change of what it says, so that answers to a voter have an order."


class Migration(migrations.Migration):
    dependencies = [("votes", "0016_changes_of_public_data_are_told")]

    operations = [
        migrations.AddField(model, "revision", models.IntegerField(db_default=1, help_text=HELP))
        for model in ("pick", "vote")
    ]
