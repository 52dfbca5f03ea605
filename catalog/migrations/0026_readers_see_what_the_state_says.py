"""An update of public_at alone publishes and hides nothing."""

from django.db import migrations

from backend.api.sql import load_sql

# Both apps' triggers call it.
BEFORE = """
DROP TRIGGER tool_would_be_public_otherwise ON catalog_tool;
DROP FUNCTION catalog_refuse_other_moment;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0025_what_nobody_could_read_is_archived_unread")]

    operations = [migrations.RunSQL(load_sql("catalog", "moment"), BEFORE)]
