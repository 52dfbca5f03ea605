"""The searched words are read by one function of the database, which reads queries too.

PostgreSQL writes the table of tools anew: while it does, tools can't be read. Code of before searches the new column as it did
the old one.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

from backend.api.sql import load_sql, validate_where_it_holds

DROP = """
DROP FUNCTION catalog_search_query(text);
DROP FUNCTION catalog_search_vector(text, text, text);
DROP FUNCTION catalog_search_lexemes(text, "char", boolean);
DROP FUNCTION catalog_search_words(text);
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_texts_and_addresses_are_what_they_look")]

    operations = [
        migrations.RunSQL(load_sql("catalog", "search"), DROP),
        migrations.RemoveIndex("tool", "tools_by_words"),
        migrations.RemoveField("tool", "search"),
        migrations.AddField(
            "tool",
            "search",
            models.GeneratedField(
                expression=models.Func(
                    models.F("name"),
                    models.F("tagline"),
                    models.F("description"),
                    function="catalog_search_vector",
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(
            "tool", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="tools_by_words")
        ),
        validate_where_it_holds("catalog_category", "category_text_is_visible"),
        validate_where_it_holds(
            "catalog_tool", "tool_text_is_visible", "tool_website_is_a_web_address", "tool_currency_is_known"
        ),
    ]
