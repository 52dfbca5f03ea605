"""Days on which something was looked at are from 2000 on. Earlier rows are checked by the next migration."""

from datetime import date

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.validators


class Migration(migrations.Migration):
    dependencies = [("catalog", "0014_conditions_do_not_break_sentences")]

    operations = [
        migrations.AlterField(
            model_name="tool",
            name="pricing_checked_on",
            field=models.DateField(blank=True, null=True, validators=[catalog.validators.validate_past_day]),
        ),
        AddConstraintNotValid(
            model_name="tool",
            constraint=models.CheckConstraint(
                condition=models.Q(pricing_checked_on__isnull=True)
                | models.Q(pricing_checked_on__gte=date(2000, 1, 1)),
                name="a_price_has_a_day_from_2000_on",
            ),
        ),
        migrations.AlterField(
            model_name="toolfit",
            name="checked_on",
            field=models.DateField(validators=[catalog.validators.validate_past_day]),
        ),
        AddConstraintNotValid(
            model_name="toolfit",
            constraint=models.CheckConstraint(
                condition=models.Q(checked_on__isnull=True) | models.Q(checked_on__gte=date(2000, 1, 1)),
                name="catalog_toolfit_has_a_day_from_2000_on",
            ),
        ),
    ]
