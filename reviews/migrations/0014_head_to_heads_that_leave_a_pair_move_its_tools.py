"""Both tools' updated_at moves when a head-to-head leaves their pair's page, so that no page's time goes backwards."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = "DROP FUNCTION IF EXISTS reviews_head_to_head_leaves_tools CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("reviews", "0013_changes_of_public_data_are_told")]

    operations = [migrations.RunSQL(load_sql("reviews", "head_to_head_pages"), BEFORE)]
