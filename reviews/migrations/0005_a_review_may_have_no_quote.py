"""A review may have no quote; no text has invisible characters, and no evidence an address that looks like another."""

import catalog.validators
import django.contrib.postgres.fields
import django.core.validators
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_texts_and_addresses_are_what_they_look"),
        ("reviews", "0004_data_alone_are_restored_without_triggers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="review",
            name="evidence",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.URLField(
                    max_length=500, validators=[catalog.validators.validate_web_address]
                ),
                blank=True,
                default=list,
                size=20,
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="quote",
            field=models.TextField(
                blank=True,
                help_text="In the reviewer's words; empty where there are none to quote.",
                validators=[
                    django.core.validators.MaxLengthValidator(5000),
                    catalog.validators.validate_visible_text,
                ],
            ),
        ),
        migrations.AlterField(
            model_name="reviewer",
            name="lens",
            field=models.CharField(
                blank=True, max_length=300, validators=[catalog.validators.validate_visible_text]
            ),
        ),
        migrations.AlterField(
            model_name="reviewer",
            name="motto",
            field=models.CharField(
                blank=True, max_length=300, validators=[catalog.validators.validate_visible_text]
            ),
        ),
        migrations.AlterField(
            model_name="reviewer",
            name="name",
            field=models.CharField(max_length=100, validators=[catalog.validators.validate_visible_text]),
        ),
        AddConstraintNotValid(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quote__regex",
                        "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                    ),
                    _negated=True,
                ),
                name="review_text_is_visible",
            ),
        ),
        AddConstraintNotValid(
            model_name="reviewer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "name__regex",
                            "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                        ),
                        _negated=True,
                    ),
                    models.Q(
                        (
                            "lens__regex",
                            "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                        ),
                        _negated=True,
                    ),
                    models.Q(
                        (
                            "motto__regex",
                            "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                        ),
                        _negated=True,
                    ),
                ),
                name="reviewer_text_is_visible",
            ),
        ),
    ]
