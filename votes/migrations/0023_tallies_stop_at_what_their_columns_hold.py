"""A vote beyond 2,147,483,647 is taken, and the tally stands still: before, the vote failed."""

from django.db import migrations

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [("votes", "0022_ballots_move_with_a_merge")]

    # Earlier code calls the same functions, and may keep them.
    operations = [migrations.RunSQL(load_sql("votes", "tallies"), migrations.RunSQL.noop)]
