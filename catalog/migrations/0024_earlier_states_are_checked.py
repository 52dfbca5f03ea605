"""Earlier rows are checked too, while they are read and written."""

from django.db import migrations

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    dependencies = [("catalog", "0023_steps_from_draft_to_public")]

    operations = [
        validate_where_it_holds(
            "catalog_tool", "tool_status_is_known", "a_public_tool_has_a_publication_date"
        ),
    ]
