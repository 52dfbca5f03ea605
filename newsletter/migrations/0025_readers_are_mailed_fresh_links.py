"""A job also mails a reader fresh links.

A worker of the former release takes it for a sign-up: a subscriber gets the reminder, which has links, anybody else a confirmation
that may be ignored.
"""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0024_roles_of_staff")]

    operations = [
        migrations.AlterField(
            model_name="mailjob",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sign_up", "Sign Up"),
                    ("owner", "Link to export and erase"),
                    ("moved", "News of another address"),
                    ("links", "Fresh links"),
                ],
                db_default="sign_up",
                default="sign_up",
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="mailjob", name="mail_job_kind_is_known"),
        AddConstraintNotValid(
            model_name="mailjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["sign_up", "owner", "moved", "links"])),
                name="mail_job_kind_is_known",
            ),
        ),
        ValidateConstraint(model_name="mailjob", name="mail_job_kind_is_known"),
    ]
