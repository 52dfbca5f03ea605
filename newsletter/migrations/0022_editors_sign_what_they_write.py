"""An editor's name stands below the intro that they wrote."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0021_readers_of_new_comparisons_are_found")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="editor",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Who signs the intro, by name.",
                max_length=100,
            ),
        ),
        migrations.AlterField(
            model_name="edition",
            name="archive",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="Subject, intro, its editor and items of the edition for every topic, as anybody may read them.",
                null=True,
            ),
        ),
    ]
