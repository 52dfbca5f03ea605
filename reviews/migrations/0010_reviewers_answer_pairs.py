"""Reviewers say of two tools which one they would ship with; the database keeps order, times, corrections and history."""

import backend.api.ids
import catalog.validators
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql

BEFORE = """
DROP FUNCTION reviews_head_to_heads_follow_tool, reviews_head_to_head_keeps_times, reviews_head_to_head_stays,
    reviews_order_head_to_head CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_tools_know_when_they_became_public"),
        ("reviews", "0009_earlier_rows_are_checked_for_what_they_say_they_are"),
    ]

    operations = [
        migrations.CreateModel(
            name="HeadToHead",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=backend.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "quote",
                    models.TextField(
                        blank=True,
                        help_text="In the reviewer's words; empty where there are none to quote.",
                        validators=[
                            django.core.validators.MaxLengthValidator(5000),
                            catalog.validators.validate_visible_text,
                        ],
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        blank=True,
                        choices=[("tested", "Tested"), ("read", "Read"), ("synthetic", "Synthetic")],
                        db_default="synthetic",
                        default=None,
                        help_text="Tested: the reviewer used the tool. Read: from public documents, which the evidence names. Synthetic: neither. Only a draft can leave it open.",
                        max_length=16,
                        null=True,
                    ),
                ),
                (
                    "disclosure",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The reviewer's ties to the tool's maker: work, money, gifts. Empty: none declared.",
                        max_length=500,
                        validators=[catalog.validators.validate_visible_text],
                    ),
                ),
                (
                    "evidence",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.URLField(
                            max_length=500, validators=[catalog.validators.validate_web_address]
                        ),
                        blank=True,
                        default=list,
                        size=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published"), ("retracted", "Retracted")],
                        default="draft",
                        max_length=16,
                    ),
                ),
                (
                    "revision",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="Raised by the database with each correction of what readers saw.",
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("corrected_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("compared_on", models.DateField(blank=True, null=True)),
                (
                    "choice",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="One of the two; empty: to this reviewer it makes no difference.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
                (
                    "first_tool",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="head_to_heads",
                        to="reviews.reviewer",
                    ),
                ),
                (
                    "second_tool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.tool"
                    ),
                ),
            ],
            options={
                "verbose_name": "head-to-head",
            },
        ),
        migrations.CreateModel(
            name="HeadToHeadRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("quote", models.TextField(blank=True)),
                ("basis", models.CharField(max_length=16)),
                ("disclosure", models.CharField(blank=True, max_length=500)),
                (
                    "evidence",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.URLField(max_length=500), size=None
                    ),
                ),
                ("compared_on", models.DateField(null=True)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                (
                    "choice",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
                (
                    "head_to_head",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="reviews.headtohead",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="headtohead",
            index=models.Index(fields=["first_tool", "second_tool"], name="head_to_heads_by_pair"),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "published")),
                fields=("reviewer", "first_tool", "second_tool"),
                name="one_live_head_to_head_per_reviewer_and_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_tool__lt", models.F("second_tool"))),
                name="a_head_to_head_has_two_tools_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("choice", None),
                    ("choice", models.F("first_tool")),
                    ("choice", models.F("second_tool")),
                    _connector="OR",
                ),
                name="a_head_to_head_chooses_one_of_its_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "published", "retracted"])),
                name="head_to_head_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(("revision__gte", 1)), name="a_head_to_head_has_a_revision"
            ),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quote__regex",
                        "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                    ),
                    _negated=True,
                ),
                name="head_to_head_text_is_visible",
            ),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(("basis__in", ["tested", "read", "synthetic"])),
                name="head_to_head_basis_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "draft"), ("basis__isnull", False), _connector="OR"),
                name="a_public_head_to_head_has_a_basis",
            ),
        ),
        migrations.AddConstraint(
            model_name="headtohead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "disclosure__regex",
                        "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                    ),
                    _negated=True,
                ),
                name="head_to_head_disclosure_is_visible",
            ),
        ),
        migrations.AddConstraint(
            model_name="headtoheadrevision",
            constraint=models.UniqueConstraint(
                fields=("head_to_head", "number"), name="head_to_head_revisions_are_numbered_without_repeats"
            ),
        ),
        migrations.RunSQL(load_sql("reviews", "head_to_heads"), BEFORE),
    ]
