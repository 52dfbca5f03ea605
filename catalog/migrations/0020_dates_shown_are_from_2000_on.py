"""The date that readers see is from 2000 on. Earlier rows are checked by the next migration."""

from datetime import UTC, datetime

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.validators


class Migration(migrations.Migration):
    dependencies = [("catalog", "0019_earlier_logos_are_found")]

    operations = [
        migrations.AlterField(
            model_name="tool",
            name="published_at",
            field=models.DateTimeField(
                blank=True, null=True, validators=[catalog.validators.validate_date_shown]
            ),
        ),
        AddConstraintNotValid(
            model_name="tool",
            constraint=models.CheckConstraint(
                condition=models.Q(published_at__isnull=True)
                | models.Q(published_at__gte=datetime(2000, 1, 1, tzinfo=UTC)),
                name="a_tool_has_a_date_from_2000_on",
            ),
        ),
    ]
