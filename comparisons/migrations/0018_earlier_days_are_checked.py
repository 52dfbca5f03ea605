"""Earlier days are checked too, while rows are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0017_days_are_from_2000_on")]

    operations = [
        validate_where_it_holds("comparisons_pairfit", "comparisons_pairfit_has_a_day_from_2000_on"),
    ]
