"""Two indexes for lists of tools by the crowd, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Coalesce


def by_bounds(unknown: float, name: str) -> models.Index:
    return models.Index(
        Coalesce("bound_low", Value(unknown)), Coalesce("bound_high", Value(unknown)), "tool", name=name
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("votes", "0020_roles_of_staff")]

    operations = [
        AddIndexConcurrently(model_name="publishedtally", index=by_bounds(-1.0, "tallies_by_crowd")),
        AddIndexConcurrently(
            model_name="publishedtally", index=by_bounds(2.0, "tallies_by_crowd_worst_first")
        ),
    ]
