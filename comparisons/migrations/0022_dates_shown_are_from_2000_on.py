"""The date that readers see is from 2000 on. Earlier rows are checked by the next migration."""

from datetime import UTC, datetime

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.validators


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0021_verdicts_outlive_pairs")]

    operations = [
        migrations.AlterField(
            model_name="comparison",
            name="published_at",
            field=models.DateTimeField(
                blank=True, null=True, validators=[catalog.validators.validate_date_shown]
            ),
        ),
        AddConstraintNotValid(
            model_name="comparison",
            constraint=models.CheckConstraint(
                condition=models.Q(published_at__isnull=True)
                | models.Q(published_at__gte=datetime(2000, 1, 1, tzinfo=UTC)),
                name="a_comparison_has_a_date_from_2000_on",
            ),
        ),
    ]
