"""Two small indexes for rescoring, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

MAY_HAVE_ANOTHER_LIMIT = Q(is_moved=True) | ~Q(hourly_limit=10)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("votes", "0024_tallies_say_that_they_moved")]

    operations = [
        AddIndexConcurrently(
            "tally",
            models.Index(fields=["tool"], condition=MAY_HAVE_ANOTHER_LIMIT, name="tallies_to_rescore"),
        ),
        AddIndexConcurrently(
            "picktally",
            models.Index(
                fields=["first_tool", "second_tool"],
                condition=MAY_HAVE_ANOTHER_LIMIT,
                name="pick_tallies_to_rescore",
            ),
        ),
    ]
