"""A name has a sign that readers see. Reviewers are few: earlier ones are checked at once."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.validators
from backend.api.sql import validate_where_it_holds

NAME_PATTERN = "[^\\u0001-\\u0020\\u007f-\\u00a0\\u0300-\\u036f\\u0483-\\u0489\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u0711\\u0730-\\u074a\\u1680\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u2000-\\u200f\\u2028\\u2029\\u202f\\u205f\\u20d0-\\u20ff\\u2800\\u2de0-\\u2dff\\u3000\\u302a-\\u302f\\u3099\\u309a\\ufe00-\\ufe0f\\ufe20-\\ufe2f]"


class Migration(migrations.Migration):
    dependencies = [("reviews", "0016_only_active_reviewers_answer_pairs")]

    operations = [
        migrations.AlterField(
            model_name="reviewer",
            name="name",
            field=models.CharField(
                max_length=100,
                validators=[catalog.validators.validate_visible_text, catalog.validators.validate_name],
            ),
        ),
        AddConstraintNotValid(
            model_name="reviewer",
            constraint=models.CheckConstraint(
                condition=models.Q(name__regex=NAME_PATTERN), name="a_reviewer_has_a_name"
            ),
        ),
        validate_where_it_holds("reviews_reviewer", "a_reviewer_has_a_name"),
    ]
