"""A restore of the data alone needs --disable-triggers: without it tables refuse. Inserts of old code are as before."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = """
DROP TRIGGER IF EXISTS newsletter_consent_refuses_restore ON newsletter_consent;
DROP TRIGGER IF EXISTS newsletter_edition_refuses_restore ON newsletter_edition;
DROP TRIGGER IF EXISTS newsletter_mailingjournal_refuses_restore ON newsletter_mailingjournal;
DROP TRIGGER IF EXISTS newsletter_mailjob_refuses_restore ON newsletter_mailjob;
DROP TRIGGER IF EXISTS newsletter_mailrate_refuses_restore ON newsletter_mailrate;
DROP TRIGGER IF EXISTS newsletter_providerevent_refuses_restore ON newsletter_providerevent;
DROP TRIGGER IF EXISTS newsletter_sendingidentity_refuses_restore ON newsletter_sendingidentity;
DROP TRIGGER IF EXISTS newsletter_subscriber_refuses_restore ON newsletter_subscriber;
DROP TRIGGER IF EXISTS newsletter_suppression_refuses_restore ON newsletter_suppression;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0009_databases_know_where_they_may_send"),
        ("api", "0003_data_alone_are_restored_without_triggers"),
    ]

    operations = [migrations.RunSQL(load_sql("newsletter", "restores"), BEFORE)]
