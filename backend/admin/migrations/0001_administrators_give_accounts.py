"""Administrators see accounts, and give them."""

from django.db import migrations

from backend.admin.roles import NEEDS, grant


class Migration(migrations.Migration):
    dependencies = NEEDS

    operations = [grant("auth", administrator=["add_user", "change_user", "view_group", "view_user"])]
