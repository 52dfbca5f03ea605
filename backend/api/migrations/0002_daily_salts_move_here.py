"""The model of daily salts moves here from the app `votes`; its table stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0001_rate_counters_and_idempotent_answers")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Salt",
                    fields=[
                        ("day", models.DateField(primary_key=True, serialize=False)),
                        ("salt", models.BinaryField(max_length=32)),
                    ],
                    options={"db_table": "votes_salt"},
                ),
            ]
        ),
    ]
