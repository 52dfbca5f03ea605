"""Conditions under which a tool is the right one, how many tools fit each, and the triggers that keep both."""

import backend.api.ids
import catalog.validators
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql

DROP = """
DROP FUNCTION catalog_conditions_get_counts CASCADE;
DROP FUNCTION catalog_fits_move_counts CASCADE;
DROP FUNCTION catalog_tool_moves_counts CASCADE;
DROP FUNCTION catalog_keep_fits CASCADE;
DROP TRIGGER condition_insert_is_kept ON catalog_condition;
DROP TRIGGER condition_update_is_kept ON catalog_condition;
DROP TRIGGER condition_delete_is_kept ON catalog_condition;
DROP TRIGGER condition_change_is_told ON catalog_condition;
DROP TRIGGER conditioncount_change_is_told ON catalog_conditioncount;
DROP TRIGGER toolfit_change_is_told ON catalog_toolfit;
DROP TRIGGER catalog_condition_refuses_restore ON catalog_condition;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_changes_of_public_data_are_told"),
        ("catalog", "0009_names_sort_as_people_sort"),
    ]

    operations = [
        migrations.CreateModel(
            name="Condition",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=backend.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "slug",
                    models.CharField(
                        max_length=255,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9-]*\\Z",
                                "Use lower-case letters, digits and hyphens.",
                                "invalid_slug",
                            )
                        ],
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text='The words after "if", such as: it must run without a network.',
                        max_length=60,
                        validators=[
                            catalog.validators.validate_visible_text,
                            django.core.validators.RegexValidator(
                                "^(?![Ii][Ff][\\s,])(?=[^\\s!-/:-@\\[-`{-~])[^<>`*\\[\\]{}|\\\\\\u0001-\\u001f\\u007f-\\u009f]*[^<>`*\\[\\]{}|\\\\\\u0001-\\u001f\\u007f-\\u009f\\s.,:;!?\\u2026]\\Z",
                                'Write the words after "if", such as: it must run without a network. No markup, and no mark at the end.',
                                "invalid_clause",
                            ),
                        ],
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="ToolFit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=backend.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="The lowest comes first; of equal ones the earlier row."
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        help_text="Why, in a sentence.",
                        max_length=300,
                        validators=[catalog.validators.validate_visible_text],
                    ),
                ),
                (
                    "evidence",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.URLField(
                            max_length=500, validators=[catalog.validators.validate_web_address]
                        ),
                        size=5,
                    ),
                ),
                ("checked_on", models.DateField()),
            ],
            options={
                "verbose_name": "condition of a tool",
                "verbose_name_plural": "conditions: choose it if …",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ConditionCount",
            fields=[
                (
                    "condition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="catalog.condition",
                    ),
                ),
                ("tools", models.PositiveIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__regex", "^[a-z0-9][a-z0-9-]*\\Z")), name="condition_slug_is_plain"
            ),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "name__regex",
                        "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                    ),
                    _negated=True,
                ),
                name="condition_text_is_visible",
            ),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "name__regex",
                        "^(?![Ii][Ff][\\s,])(?=[^\\s!-/:-@\\[-`{-~])[^<>`*\\[\\]{}|\\\\\\u0001-\\u001f\\u007f-\\u009f]*[^<>`*\\[\\]{}|\\\\\\u0001-\\u001f\\u007f-\\u009f\\s.,:;!?\\u2026]\\Z",
                    )
                ),
                name="a_condition_is_words_after_if",
            ),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.UniqueConstraint(
                models.Func(
                    "name",
                    function="catalog_search_words",
                    output_field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                name="one_condition_for_the_same_words",
                violation_error_message="There is a condition of these words already.",
            ),
        ),
        migrations.AddField(
            model_name="toolfit",
            name="condition",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.condition",
            ),
        ),
        migrations.AddField(
            model_name="toolfit",
            name="tool",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="fits",
                to="catalog.tool",
            ),
        ),
        migrations.AddIndex(
            model_name="toolfit",
            index=models.Index(fields=["condition", "tool"], name="tools_by_condition"),
        ),
        migrations.AddConstraint(
            model_name="toolfit",
            constraint=models.CheckConstraint(
                condition=models.Q(("evidence__len__gte", 1)), name="catalog_toolfit_has_evidence"
            ),
        ),
        migrations.AddConstraint(
            model_name="toolfit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "note__regex",
                        "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                    ),
                    _negated=True,
                ),
                name="catalog_toolfit_text_is_visible",
            ),
        ),
        migrations.AddConstraint(
            model_name="toolfit",
            constraint=models.UniqueConstraint(
                fields=("tool", "condition"), name="a_tool_has_a_condition_once"
            ),
        ),
        migrations.RunSQL(load_sql("catalog", "conditions"), DROP),
    ]
