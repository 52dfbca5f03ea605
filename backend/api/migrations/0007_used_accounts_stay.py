"""Accounts that were used are closed and not deleted."""

from django.db import migrations

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0006_sort_keys_are_no_history"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(
            load_sql("api", "accounts"),
            "DROP TRIGGER a_used_account_stays ON auth_user; DROP FUNCTION api_keep_account();",
        ),
    ]
