"""Earlier names are checked too, while tools are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_names_are_more_than_blanks")]

    operations = [
        validate_where_it_holds("catalog_category", "a_category_has_a_name"),
        validate_where_it_holds("catalog_condition", "a_condition_has_a_name"),
        validate_where_it_holds("catalog_tool", "a_tool_has_a_name"),
    ]
