"""What reviewers say of both tools of a pair is counted by the database; verdicts are decided by more steps, for more causes.

Counts of earlier pairs and checks of earlier verdicts follow in the next migration, which locks nothing.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from backend.api.sql import load_sql

BEFORE = """
DROP FUNCTION IF EXISTS comparisons_count_pair, comparisons_count_pairs,
    comparisons_reviews_move_pairs, comparisons_answers_move_pairs, comparisons_rules_go_forward CASCADE;
DROP FUNCTION comparisons_count_pairs_of_tools, comparisons_count_pair_panels;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_tools_know_when_they_became_public"),
        ("reviews", "0010_reviewers_answer_pairs"),
        ("comparisons", "0010_pairs_have_conditions_of_their_own"),
    ]

    operations = [
        migrations.CreateModel(
            name="PairPanel",
            fields=[
                (
                    "comparison",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pair_panel",
                        serialize=False,
                        to="comparisons.comparison",
                    ),
                ),
                (
                    "shared_total",
                    models.PositiveIntegerField(db_default=0, help_text="How many reviewed both tools."),
                ),
                (
                    "shared_first",
                    models.PositiveIntegerField(db_default=0, help_text="How many of these ship the first."),
                ),
                (
                    "shared_second",
                    models.PositiveIntegerField(db_default=0, help_text="How many of these ship the second."),
                ),
                (
                    "choose_first",
                    models.PositiveIntegerField(db_default=0, help_text="How many choose the first."),
                ),
                (
                    "choose_second",
                    models.PositiveIntegerField(db_default=0, help_text="How many choose the second."),
                ),
                (
                    "choose_neither",
                    models.PositiveIntegerField(db_default=0, help_text="To how many it is the same."),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="verdictchange",
            name="verdict_cause_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="verdictchange",
            name="verdict_is_decided_by_panel_or_crowd",
        ),
        migrations.RemoveConstraint(
            model_name="verdictchange",
            name="earlier_verdict_is_decided_by_panel_or_crowd",
        ),
        migrations.AlterField(
            model_name="verdictchange",
            name="before_decided_by",
            field=models.CharField(
                choices=[
                    ("panel", "Panel"),
                    ("head_to_head", "Head To Head"),
                    ("community", "Community"),
                    ("picks", "Picks"),
                ],
                max_length=16,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="verdictchange",
            name="cause",
            field=models.CharField(
                choices=[
                    ("first", "First verdict"),
                    ("panel", "The panel's reviews"),
                    ("head_to_head", "A head-to-head"),
                    ("votes", "Readers' votes"),
                    ("picks", "Readers' picks"),
                    ("rule", "The rule"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="verdictchange",
            name="decided_by",
            field=models.CharField(
                choices=[
                    ("panel", "Panel"),
                    ("head_to_head", "Head To Head"),
                    ("community", "Community"),
                    ("picks", "Picks"),
                ],
                max_length=16,
                null=True,
            ),
        ),
        AddConstraintNotValid(
            model_name="verdictchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cause__in", ["first", "panel", "head_to_head", "votes", "picks", "rule"])
                ),
                name="verdict_cause_is_known",
            ),
        ),
        AddConstraintNotValid(
            model_name="verdictchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by__in", ["panel", "head_to_head", "community", "picks"])),
                name="verdict_is_decided_by_a_known_step",
            ),
        ),
        AddConstraintNotValid(
            model_name="verdictchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("before_decided_by__in", ["panel", "head_to_head", "community", "picks"])
                ),
                name="earlier_verdict_is_decided_by_a_known_step",
            ),
        ),
        migrations.RunSQL(load_sql("comparisons", "pair_panels"), BEFORE),
    ]
