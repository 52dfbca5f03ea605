"""A job also mails the owner of an address a link that exports and erases."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0016_events_wait_for_the_clock")]

    operations = [
        migrations.AddField(
            model_name="mailjob",
            name="kind",
            field=models.CharField(
                choices=[("sign_up", "Sign Up"), ("owner", "Link to export and erase")],
                db_default="sign_up",
                default="sign_up",
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="mailjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["sign_up", "owner"])), name="mail_job_kind_is_known"
            ),
        ),
    ]
