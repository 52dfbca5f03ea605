"""The model of daily salts moves to `backend.api`; its table stays as it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_daily_salts_move_here"),
        ("votes", "0005_tallies_move_by_the_statement"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Salt")]),
    ]
