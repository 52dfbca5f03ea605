"""A name has a sign that readers see. Earlier names are checked by the next migration; code of before writes as it did."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.validators

NAME_PATTERN = "[^\\u0001-\\u0020\\u007f-\\u00a0\\u0300-\\u036f\\u0483-\\u0489\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u0711\\u0730-\\u074a\\u1680\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u2000-\\u200f\\u2028\\u2029\\u202f\\u205f\\u20d0-\\u20ff\\u2800\\u2de0-\\u2dff\\u3000\\u302a-\\u302f\\u3099\\u309a\\ufe00-\\ufe0f\\ufe20-\\ufe2f]"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0011_a_search_knows_the_words_of_names")]

    operations = [
        migrations.AlterField(
            model_name="category",
            name="name",
            field=models.CharField(
                max_length=100,
                validators=[catalog.validators.validate_visible_text, catalog.validators.validate_name],
            ),
        ),
        migrations.AlterField(
            model_name="tool",
            name="name",
            field=models.CharField(
                max_length=200,
                validators=[catalog.validators.validate_visible_text, catalog.validators.validate_name],
            ),
        ),
        migrations.AlterField(
            model_name="condition",
            name="name",
            field=models.CharField(
                help_text='The words after "if", such as: it must run without a network.',
                max_length=60,
                validators=[
                    catalog.validators.validate_visible_text,
                    catalog.validators.validate_name,
                    catalog.validators.validate_clause,
                ],
            ),
        ),
        AddConstraintNotValid(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(name__regex=NAME_PATTERN), name="a_category_has_a_name"
            ),
        ),
        AddConstraintNotValid(
            model_name="tool",
            constraint=models.CheckConstraint(
                condition=models.Q(name__regex=NAME_PATTERN), name="a_tool_has_a_name"
            ),
        ),
        AddConstraintNotValid(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(name__regex=NAME_PATTERN), name="a_condition_has_a_name"
            ),
        ),
    ]
