"""Earlier dates are checked too, while rows are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0022_dates_shown_are_from_2000_on")]

    operations = [validate_where_it_holds("comparisons_comparison", "a_comparison_has_a_date_from_2000_on")]
