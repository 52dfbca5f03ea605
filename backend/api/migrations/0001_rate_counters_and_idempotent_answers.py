"""Counters of requests, unlogged and with room in each page for rewritten rows, and kept answers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RateCounter",
            fields=[
                ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("count", models.IntegerField()),
                ("ends_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE api_ratecounter SET UNLOGGED; ALTER TABLE api_ratecounter SET (fillfactor = 50)",
            "ALTER TABLE api_ratecounter RESET (fillfactor); ALTER TABLE api_ratecounter SET LOGGED",
        ),
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=[
                ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("claimed_at", models.DateTimeField()),
                ("sealed", models.BinaryField(null=True)),
            ],
        ),
    ]
