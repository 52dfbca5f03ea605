"""Conditions have no colon or semicolon, no web address and no word of two scripts: they stand within sentences."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from backend.api.sql import validate_where_it_holds

CLAUSE_PATTERN = "^(?![Ii][Ff][\\s,])(?=[^\\s!-/:-@\\[-`{-~])(?!.*([A-Za-z\\u00c0-\\u024f\\u1e00-\\u1eff][\\u0300-\\u036f]*[\\u0370-\\u03ff\\u1f00-\\u1fff]|[A-Za-z\\u00c0-\\u024f\\u1e00-\\u1eff][\\u0300-\\u036f]*[\\u0400-\\u058f\\u13a0-\\u13ff\\uab70-\\uabbf]|[\\u0370-\\u03ff\\u1f00-\\u1fff][\\u0300-\\u036f]*[A-Za-z\\u00c0-\\u024f\\u1e00-\\u1eff]|[\\u0370-\\u03ff\\u1f00-\\u1fff][\\u0300-\\u036f]*[\\u0400-\\u058f\\u13a0-\\u13ff\\uab70-\\uabbf]|[\\u0400-\\u058f\\u13a0-\\u13ff\\uab70-\\uabbf][\\u0300-\\u036f]*[A-Za-z\\u00c0-\\u024f\\u1e00-\\u1eff]|[\\u0400-\\u058f\\u13a0-\\u13ff\\uab70-\\uabbf][\\u0300-\\u036f]*[\\u0370-\\u03ff\\u1f00-\\u1fff]))(?!.*[Ww][Ww][Ww]\\.)[^<>`*\\[\\]{}|\\\\:;\\u0001-\\u001f\\u007f-\\u009f]*[^<>`*\\[\\]{}|\\\\\\u0001-\\u001f\\u007f-\\u009f\\s.,:;!?\\u2026]\\Z"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0013_earlier_names_are_checked")]

    operations = [
        migrations.RemoveConstraint(model_name="condition", name="a_condition_is_words_after_if"),
        AddConstraintNotValid(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(name__regex=CLAUSE_PATTERN), name="a_condition_is_words_after_if"
            ),
        ),
        # There are at most 500.
        validate_where_it_holds("catalog_condition", "a_condition_is_words_after_if"),
    ]
