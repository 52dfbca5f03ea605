"""Indexes of the words of names and for counts by category, made beside running code."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

from backend.api.sql import load_sql

DROP = "DROP FUNCTION IF EXISTS catalog_search_name(text);"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0010_conditions_under_which_a_tool_is_right")]

    operations = [
        migrations.RunSQL(load_sql("catalog", "search"), DROP),
        AddIndexConcurrently(
            model_name="tool",
            index=GinIndex(
                models.Func(
                    models.F("name"), function="catalog_search_name", output_field=SearchVectorField()
                ),
                name="tools_by_words_of_name",
            ),
        ),
        AddIndexConcurrently(
            model_name="tool",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["category", "public_at"],
                name="tools_by_category",
            ),
        ),
    ]
