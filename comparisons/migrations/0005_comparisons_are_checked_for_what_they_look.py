"""Earlier texts are checked too, while comparisons are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0004_two_pairs_never_share_a_slug")]

    operations = [
        validate_where_it_holds(
            "comparisons_comparison", "comparison_text_is_visible", "comparison_source_is_a_web_address"
        ),
    ]
