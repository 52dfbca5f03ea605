"""The column of an idempotent answer has the field's word in Python; the database keeps its name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0011_statements_without_rows_count_nothing")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField(
                    model_name="idempotentanswer", old_name="sealed", new_name="encrypted"
                ),
                migrations.AlterField(
                    model_name="idempotentanswer",
                    name="encrypted",
                    field=models.BinaryField(db_column="sealed", null=True),
                ),
            ]
        )
    ]
