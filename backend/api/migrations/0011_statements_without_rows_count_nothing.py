"""A statement that changed no row is not counted: most of those that make rows anew change none."""

from django.db import migrations

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [("api", "0010_accounts_differ_by_more_than_case")]

    operations = [migrations.RunSQL(load_sql("api", "row_counts"), migrations.RunSQL.noop)]
