"""Earlier dates are checked too, while rows are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("catalog", "0020_dates_shown_are_from_2000_on")]

    operations = [validate_where_it_holds("catalog_tool", "a_tool_has_a_date_from_2000_on")]
