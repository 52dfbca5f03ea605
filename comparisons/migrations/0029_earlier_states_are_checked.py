"""Earlier rows are checked too, while they are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0028_steps_from_draft_to_public")]

    operations = [
        validate_where_it_holds(
            "comparisons_comparison",
            "comparison_status_is_known",
            "a_public_comparison_has_a_publication_date",
        ),
    ]
