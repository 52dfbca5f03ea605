"""Tools have a key by which their names sort.

PostgreSQL writes the table of tools anew: while it does, tools can't be read. Code of before goes on sorting by name.
"""

from django.db import migrations, models
from django.db.models import F, Func, Q

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_changes_of_public_data_are_told")]

    operations = [
        migrations.RunSQL(load_sql("catalog", "sort"), "DROP FUNCTION catalog_sort_key(text);"),
        migrations.AddField(
            "tool",
            "sort_key",
            models.GeneratedField(
                expression=Func(F("name"), function="catalog_sort_key"),
                output_field=models.TextField(db_collation="C"),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(
            "tool",
            models.Index(
                fields=["sort_key", "id"], condition=Q(status="published"), name="tools_by_sort_key"
            ),
        ),
        migrations.RemoveIndex("tool", "tools_by_name"),
    ]
