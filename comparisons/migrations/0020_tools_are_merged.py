"""One tool takes over what another has, which is written down row by row; the database keeps the other merged."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import backend.api.ids
from backend.admin.roles import NEEDS, grant
from backend.api.sql import load_sql

BEFORE = """
DROP FUNCTION comparisons_merged_tool_gets_no_ballot CASCADE;
DROP FUNCTION comparisons_merged_tool_gets_no_review CASCADE;
DROP FUNCTION comparisons_merged_tool_stays CASCADE;
DROP FUNCTION comparisons_is_merged;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comparisons", "0019_roles_of_staff"),
        ("catalog", "0016_earlier_days_are_checked"),
        ("reviews", "0020_earlier_days_and_sources_are_checked"),
        ("votes", "0022_ballots_move_with_a_merge"),
        *NEEDS,
    ]

    operations = [
        migrations.CreateModel(
            name="ToolMerge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=backend.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("slug", models.CharField(help_text="The merged tool's, until then.", max_length=255)),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        default=list,
                        help_text="Earlier slugs of it, which lead to the kept one too.",
                        size=None,
                    ),
                ),
                ("status_before", models.CharField(max_length=16)),
                ("why", models.CharField(blank=True, max_length=1000)),
                ("merged_by", models.CharField(blank=True, max_length=150)),
                ("merged_at", models.DateTimeField()),
                ("undone_by", models.CharField(blank=True, max_length=150)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "kept_tool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.tool"
                    ),
                ),
                (
                    "merged_tool",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
            ],
            options={
                "verbose_name": "merge of tools",
                "verbose_name_plural": "merges of tools",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)),
                        fields=("merged_tool",),
                        name="a_tool_is_merged_into_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kept_tool", models.F("merged_tool")), _negated=True),
                        name="a_tool_is_not_merged_into_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MergedRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("vote", "Vote"),
                            ("pick", "Pick"),
                            ("review", "Review"),
                            ("moved_pair", "Moved Pair"),
                            ("made_pair", "Made Pair"),
                            ("archived_pair", "Archived Pair"),
                            ("made_answer", "Made Answer"),
                        ],
                        max_length=16,
                    ),
                ),
                ("row_id", models.UUIDField()),
                (
                    "revision",
                    models.IntegerField(
                        db_default=0,
                        help_text="Of a vote or pick: one that was changed since stays with the kept tool.",
                    ),
                ),
                (
                    "merge",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="comparisons.toolmerge",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("merge", "kind", "row_id"), name="a_merge_names_a_row_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "vote",
                                    "pick",
                                    "review",
                                    "moved_pair",
                                    "made_pair",
                                    "archived_pair",
                                    "made_answer",
                                ],
                            )
                        ),
                        name="merged_row_kind_is_known",
                    ),
                ]
            },
        ),
        migrations.RunSQL(load_sql("comparisons", "merges"), BEFORE),
        grant("comparisons", everyone=["view_toolmerge"], editor=["add_toolmerge"]),
    ]
