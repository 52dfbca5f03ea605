"""Reviewers say whether they are people; reviews what they stand on, and which ties their reviewer has to the maker.

Earlier rows, and those that the earlier code still writes, claim the least: a persona, neither test nor sources.
"""

from importlib import import_module

import catalog.validators
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from backend.api.sql import load_sql

BEFORE = import_module("reviews.migrations.0007_corrections_are_kept").TIMES


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_search_reads_what_people_type"),
        ("reviews", "0007_corrections_are_kept"),
    ]

    operations = [
        migrations.AddField(
            model_name="review",
            name="basis",
            field=models.CharField(
                blank=True,
                choices=[("tested", "Tested"), ("read", "Read"), ("synthetic", "Synthetic")],
                db_default="synthetic",
                default=None,
                help_text="Tested: the reviewer used the tool. Read: from public documents, which the evidence names. Synthetic: neither. Only a draft can leave it open.",
                max_length=16,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="disclosure",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The reviewer's ties to the tool's maker: work, money, gifts. Empty: none declared.",
                max_length=500,
                validators=[catalog.validators.validate_visible_text],
            ),
        ),
        migrations.AddField(
            model_name="reviewer",
            name="kind",
            field=models.CharField(
                choices=[("human", "Human"), ("persona", "Persona")],
                db_default="persona",
                default="persona",
                help_text="A person who signs with their name, or a persona: a point of view that others write for.",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="reviewrevision",
            name="basis",
            field=models.CharField(
                db_default="synthetic",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="reviewrevision",
            name="disclosure",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.RunSQL(load_sql("reviews", "corrections"), migrations.RunSQL.noop),
        migrations.RunSQL(load_sql("reviews", "review_times"), BEFORE),
        migrations.AlterField(
            model_name="reviewer",
            name="is_active",
            field=models.BooleanField(
                default=True, help_text="Whether this reviewer still reviews; earlier reviews stay."
            ),
        ),
        AddConstraintNotValid(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("basis__in", ["tested", "read", "synthetic"])),
                name="review_basis_is_known",
            ),
        ),
        AddConstraintNotValid(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "draft"), ("basis__isnull", False), _connector="OR"),
                name="a_public_review_has_a_basis",
            ),
        ),
        AddConstraintNotValid(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "disclosure__regex",
                        "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                    ),
                    _negated=True,
                ),
                name="review_disclosure_is_visible",
            ),
        ),
        AddConstraintNotValid(
            model_name="reviewer",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["human", "persona"])), name="reviewer_kind_is_known"
            ),
        ),
    ]
