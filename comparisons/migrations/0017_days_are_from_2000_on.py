"""Days on which something was looked at are from 2000 on. Earlier rows are checked by the next migration."""

from datetime import date

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.validators


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_days_are_from_2000_on"),
        ("comparisons", "0016_refusals_in_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="pairfit",
            name="checked_on",
            field=models.DateField(validators=[catalog.validators.validate_past_day]),
        ),
        AddConstraintNotValid(
            model_name="pairfit",
            constraint=models.CheckConstraint(
                condition=models.Q(checked_on__isnull=True) | models.Q(checked_on__gte=date(2000, 1, 1)),
                name="comparisons_pairfit_has_a_day_from_2000_on",
            ),
        ),
    ]
