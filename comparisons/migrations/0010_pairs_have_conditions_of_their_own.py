"""A pair may say otherwise than its tools when each of them is the right one."""

import backend.api.ids
import catalog.validators
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql

DROP = """
DROP FUNCTION comparisons_fits_are_of_the_pair CASCADE;
DROP FUNCTION comparisons_fits_move_time CASCADE;
DROP FUNCTION comparisons_tool_takes_fits_along CASCADE;
DROP TRIGGER pairfit_change_is_told ON comparisons_pairfit;
DROP TRIGGER pair_fit_insert_is_kept ON comparisons_pairfit;
DROP TRIGGER pair_fit_update_is_kept ON comparisons_pairfit;
DROP TRIGGER pair_fit_delete_is_kept ON comparisons_pairfit;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0010_conditions_under_which_a_tool_is_right"),
        ("comparisons", "0009_changes_of_public_data_are_told"),
    ]

    operations = [
        migrations.CreateModel(
            name="PairFit",
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
                (
                    "comparison",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fits",
                        to="comparisons.comparison",
                    ),
                ),
                (
                    "condition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.condition",
                    ),
                ),
                (
                    "tool",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
            ],
            options={
                "verbose_name": "condition of a pair",
                "verbose_name_plural": "conditions: choose one of the two if …",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("evidence__len__gte", 1)), name="comparisons_pairfit_has_evidence"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "note__regex",
                                "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                            ),
                            _negated=True,
                        ),
                        name="comparisons_pairfit_text_is_visible",
                    ),
                    models.UniqueConstraint(
                        fields=("comparison", "tool", "condition"),
                        name="a_tool_of_a_pair_has_a_condition_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(load_sql("comparisons", "fits"), DROP),
    ]
