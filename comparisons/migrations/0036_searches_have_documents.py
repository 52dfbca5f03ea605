"""Each tool has a row that searches and facets look into; those of earlier tools follow in the next migration.

The columns stand in the order in which sql/search_documents.sql fills them.
"""

import django.db.models.deletion
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

from backend.api.sql import load_sql

# A row goes with its tool, whoever deletes that: old code, which still runs, does not know of it.
CASCADE = """
ALTER TABLE comparisons_searchdocument ADD CONSTRAINT searchdocument_tool_fk
    FOREIGN KEY (tool_id) REFERENCES catalog_tool (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
REVERSE = """
DROP FUNCTION comparisons_tools_are_redocumented, comparisons_reviews_redocument, comparisons_conditions_redocument,
    comparisons_document_as_it_commits CASCADE;
DROP FUNCTION comparisons_redocument, comparisons_document_tools, comparisons_tools_as_searched;
DROP FUNCTION comparisons_stored_words CASCADE;
"""


def by_words(column: str, *, name: str) -> migrations.AddIndex:
    words = models.Func(
        models.F(column), function="comparisons_stored_words", output_field=SearchVectorField()
    )
    return migrations.AddIndex("searchdocument", GinIndex(words, name=name))


def opinions() -> ArrayField:
    return ArrayField(base_field=models.UUIDField(), size=None)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0030_previews_show_what_is_scheduled"),
        ("comparisons", "0035_pairs_are_counted_once_a_statement"),
    ]

    operations = [
        migrations.AddField(
            model_name="relisting",
            name="for_search",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Whether searches look into what has changed."
            ),
        ),
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                (
                    "tool",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="search_document",
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
                ("conditions", opinions()),
                ("shipped_by", opinions()),
                ("skipped_by", opinions()),
                ("name_words", SearchVectorField()),
                ("words", SearchVectorField()),
                ("ballast", models.TextField()),
            ],
        ),
        migrations.RunSQL(CASCADE, migrations.RunSQL.noop),
        migrations.RunSQL(load_sql("comparisons", "search_documents"), REVERSE),
        by_words("words", name="documents_by_words"),
        by_words("name_words", name="documents_by_name_words"),
        migrations.AddIndex(
            "searchdocument",
            GinIndex(fields=["conditions", "shipped_by", "skipped_by"], name="documents_by_opinions"),
        ),
        migrations.AddIndex(
            "searchdocument", models.Index(fields=["published_at", "tool"], name="documents_by_publication")
        ),
        migrations.AddIndex(
            "searchdocument", models.Index(fields=["category", "entry", "call"], name="documents_by_values")
        ),
    ]
