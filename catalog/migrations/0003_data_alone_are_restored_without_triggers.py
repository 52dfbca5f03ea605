"""A restore of the data alone needs --disable-triggers: without it tables refuse. Inserts of old code are as before."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
DROP TRIGGER IF EXISTS catalog_category_refuses_restore ON catalog_category;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_earlier_slugs_redirect_for_ever"),
        ("api", "0003_data_alone_are_restored_without_triggers"),
    ]

    operations = [migrations.RunSQL(load_sql("catalog", "restores"), BEFORE)]
