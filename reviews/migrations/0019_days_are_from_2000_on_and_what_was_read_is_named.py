"""Days of reviews and head-to-heads are from 2000 on, and what was read is named. The next migration checks earlier rows."""

from datetime import date

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.validators


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_days_are_from_2000_on"),
        ("reviews", "0018_refusals_in_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="review",
            name="reviewed_on",
            field=models.DateField(blank=True, null=True, validators=[catalog.validators.validate_past_day]),
        ),
        AddConstraintNotValid(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(reviewed_on__isnull=True) | models.Q(reviewed_on__gte=date(2000, 1, 1)),
                name="a_review_has_a_day_from_2000_on",
            ),
        ),
        migrations.AlterField(
            model_name="headtohead",
            name="compared_on",
            field=models.DateField(blank=True, null=True, validators=[catalog.validators.validate_past_day]),
        ),
        AddConstraintNotValid(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(compared_on__isnull=True) | models.Q(compared_on__gte=date(2000, 1, 1)),
                name="a_head_to_head_has_a_day_from_2000_on",
            ),
        ),
        AddConstraintNotValid(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=~models.Q(status="published")
                | ~models.Q(basis="read")
                | models.Q(evidence__len__gte=1),
                name="a_review_names_what_was_read",
            ),
        ),
        AddConstraintNotValid(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=~models.Q(status="published")
                | ~models.Q(basis="read")
                | models.Q(evidence__len__gte=1),
                name="a_head_to_head_names_what_was_read",
            ),
        ),
    ]
