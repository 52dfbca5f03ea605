"""Administrators read what was done on the desk."""

from django.db import migrations

from backend.admin.roles import NEEDS, grant


class Migration(migrations.Migration):
    dependencies = [
        ("backend_admin", "0001_administrators_give_accounts"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        *NEEDS,
    ]

    operations = [grant("admin", administrator=["view_logentry"])]
