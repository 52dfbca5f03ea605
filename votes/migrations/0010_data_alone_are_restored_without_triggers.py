"""A restore of the data alone needs --disable-triggers: without it tables refuse. Inserts of old code are as before."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
DROP TRIGGER IF EXISTS votes_salt_refuses_restore ON votes_salt;
DROP TRIGGER IF EXISTS votes_spentchallenge_refuses_restore ON votes_spentchallenge;
DROP TRIGGER IF EXISTS votes_voter_refuses_restore ON votes_voter;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("votes", "0009_rulings_are_moderation_actions"),
        ("api", "0003_data_alone_are_restored_without_triggers"),
    ]

    operations = [migrations.RunSQL(load_sql("votes", "restores"), BEFORE)]
