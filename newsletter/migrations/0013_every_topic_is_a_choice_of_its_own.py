"""Readers of every topic are told from those whose topics are all gone; old code that adds topics narrows as before.

Where old code still runs and takes away a reader's topics, the reader counts as one who has none left.
"""

from django.db import migrations, models

from backend.api.sql import load_sql

NARROW = """
UPDATE newsletter_subscriber s SET gets_every_topic = false
WHERE EXISTS (SELECT FROM newsletter_subscriber_topics t WHERE t.subscriber_id = s.id)
"""
REMOVE = """
DROP FUNCTION IF EXISTS newsletter_topic_narrows CASCADE;
DROP FUNCTION IF EXISTS newsletter_every_topic_replaces CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0012_time_zones_of_readers_are_not_asked")]

    operations = [
        migrations.AddField(
            model_name="subscriber",
            name="gets_every_topic",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Without it, only the topics chosen; where these are gone, none.",
            ),
        ),
        migrations.AlterField(
            model_name="subscriber",
            name="topics",
            field=models.ManyToManyField(blank=True, related_name="+", to="catalog.category"),
        ),
        migrations.RunSQL(load_sql("newsletter", "topics"), REMOVE),
        migrations.RunSQL(NARROW, migrations.RunSQL.noop),
    ]
