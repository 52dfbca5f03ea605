"""Earlier days are checked too, while rows are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("catalog", "0015_days_are_from_2000_on")]

    operations = [
        validate_where_it_holds("catalog_tool", "a_price_has_a_day_from_2000_on"),
        validate_where_it_holds("catalog_toolfit", "catalog_toolfit_has_a_day_from_2000_on"),
    ]
