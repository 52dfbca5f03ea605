"""Tools and pairs have narrow rows that lists look into; those of earlier ones follow in the next migration.

The columns stand in the order in which sql/listings.sql fills them.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql


# A row goes with its tool or pair, whoever deletes that: old code, which still runs, does not know of it.
CASCADES = """
ALTER TABLE comparisons_listedtool ADD CONSTRAINT listedtool_tool_fk
    FOREIGN KEY (tool_id) REFERENCES catalog_tool (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE comparisons_listedpair ADD CONSTRAINT listedpair_comparison_fk
    FOREIGN KEY (comparison_id) REFERENCES comparisons_comparison (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
REVERSE = """
DROP FUNCTION comparisons_tools_are_relisted, comparisons_reviews_relist, comparisons_answers_relist,
    comparisons_pairs_are_relisted, comparisons_tallies_relist, comparisons_pick_tallies_relist,
    comparisons_list_as_it_commits CASCADE;
DROP FUNCTION comparisons_relist, comparisons_list_tools, comparisons_tools_as_listed, comparisons_pairs_as_listed;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0022_what_waits_is_found"),
        ("reviews", "0022_corrections_have_notes"),
        ("votes", "0026_what_is_set_aside_goes_on_using_quotas"),
        ("comparisons", "0025_catalogs_are_sent_with_a_browser"),
    ]

    operations = [
        migrations.CreateModel(
            name="Relisting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "tool_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListedPair",
            fields=[
                (
                    "comparison",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="listing",
                        serialize=False,
                        to="comparisons.comparison",
                    ),
                ),
                (
                    "is_listed",
                    models.BooleanField(help_text="Whether it is published, though it may be scheduled."),
                ),
                ("public_at", models.DateTimeField(null=True)),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "first_tool",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
                (
                    "second_tool",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
                (
                    "first_category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.category",
                    ),
                ),
                (
                    "second_category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.category",
                    ),
                ),
                ("outcome", models.CharField(max_length=16)),
                ("pick_count", models.IntegerField()),
                ("panel_crowd_gap", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("published_at"),
                        models.F("comparison"),
                        condition=models.Q(("is_listed", True)),
                        name="listed_pairs_by_publication",
                    ),
                    models.Index(
                        models.F("pick_count"),
                        models.F("comparison"),
                        condition=models.Q(("is_listed", True)),
                        name="listed_pairs_by_picks",
                    ),
                    models.Index(
                        models.F("panel_crowd_gap"),
                        models.F("comparison"),
                        condition=models.Q(("is_listed", True)),
                        name="listed_pairs_by_gap",
                    ),
                    models.Index(
                        models.F("outcome"),
                        models.F("published_at"),
                        models.F("comparison"),
                        condition=models.Q(("is_listed", True)),
                        name="listed_pairs_by_outcome",
                    ),
                    models.Index(
                        models.F("first_category"),
                        models.F("published_at"),
                        models.F("comparison"),
                        condition=models.Q(("is_listed", True)),
                        name="listed_pairs_by_category",
                    ),
                    models.Index(
                        models.F("second_category"),
                        models.F("published_at"),
                        models.F("comparison"),
                        condition=models.Q(("is_listed", True)),
                        name="listed_pairs_by_other_category",
                    ),
                    models.Index(fields=["first_tool", "published_at"], name="listed_pairs_by_first_tool"),
                    models.Index(fields=["second_tool", "published_at"], name="listed_pairs_by_second_tool"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListedTool",
            fields=[
                (
                    "tool",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="listing",
                        serialize=False,
                        to="catalog.tool",
                    ),
                ),
                (
                    "is_listed",
                    models.BooleanField(help_text="Whether it is published, though it may be scheduled."),
                ),
                ("public_at", models.DateTimeField(null=True)),
                ("published_at", models.DateTimeField(null=True)),
                ("sort_key", models.TextField(db_collation="C")),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.category",
                    ),
                ),
                ("entry", models.CharField(max_length=16)),
                ("call", models.CharField(max_length=16)),
                ("panel_percent", models.IntegerField(null=True)),
                ("panel_total", models.IntegerField()),
                ("votes", models.IntegerField()),
                ("crowd_low", models.FloatField(null=True)),
                ("crowd_high", models.FloatField(null=True)),
            ],
        ),
        migrations.RunSQL(CASCADES, migrations.RunSQL.noop),
        migrations.RunSQL(load_sql("comparisons", "listings"), REVERSE),
    ]
