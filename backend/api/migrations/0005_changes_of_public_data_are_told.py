"""The function by which triggers of other apps tell web processes that public data have changed."""

from django.db import migrations

from backend.api.sql import load_sql

DROP = """
DROP FUNCTION api_tell_change;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0004_changes_leave_who_and_why"),
    ]

    operations = [migrations.RunSQL(load_sql("api", "public_changes"), DROP)]
