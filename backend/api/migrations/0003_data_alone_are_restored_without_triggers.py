"""A restore of the data alone needs --disable-triggers: without it tables refuse. Inserts of old code are as before."""

from django.db import migrations

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_daily_salts_move_here"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("sessions", "0001_initial"),
    ]

    operations = [migrations.RunSQL(load_sql("api", "restores"), "DROP FUNCTION api_refuse_restore CASCADE")]
