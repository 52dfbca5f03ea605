"""The model `Ruling` is called `ModerationAction`; its table and constraints stay as they are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("votes", "0008_rulings_have_an_action")]

    operations = [
        # With its table named, renaming the model changes its content type, and nothing else in the database.
        migrations.AlterModelTable("Ruling", "votes_ruling"),
        migrations.RenameModel("Ruling", "ModerationAction"),
    ]
