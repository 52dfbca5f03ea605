"""A tally says that its counted votes changed; at first each does, so all hourly limits are worked out once more."""

from django.db import migrations, models

from backend.api.sql import load_sql

BEFORE = """
DROP TRIGGER tally_says_that_it_moved ON votes_tally;
DROP TRIGGER pick_tally_says_that_it_moved ON votes_picktally;
DROP FUNCTION votes_say_that_tally_moved();
"""


def is_moved() -> models.BooleanField:
    return models.BooleanField(
        db_default=True,
        default=True,
        editable=False,
        help_text="Whether its counted votes changed since the hourly limit was worked out.",
    )


class Migration(migrations.Migration):
    dependencies = [("votes", "0023_tallies_stop_at_what_their_columns_hold")]

    operations = [
        migrations.AddField("tally", "is_moved", is_moved()),
        migrations.AddField("picktally", "is_moved", is_moved()),
        migrations.RunSQL(load_sql("votes", "limits"), BEFORE),
    ]
