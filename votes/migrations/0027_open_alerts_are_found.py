"""Alerts that nobody has looked at are found among all; made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("votes", "0026_what_is_set_aside_goes_on_using_quotas")]

    operations = [
        AddIndexConcurrently(
            "alert",
            models.Index(fields=["created_at", "id"], condition=Q(closed_at=None), name="open_alerts"),
        ),
    ]
