"""Brings the database of `make serve` up to date: migrations, demo content, the admin's account."""

import os


def prepare(*, admin_password: str) -> None:
    """Apply what is missing; again it changes nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False)
    call_command("load_demo")
    _ensure_admin(password=admin_password)


def _ensure_admin(*, password: str) -> None:
    """Make the account if it is missing; one that exists keeps its password."""
    from django.contrib.auth import get_user_model

    users = get_user_model()._default_manager
    if not users.filter(username__iexact="admin").exists():
        users.create_superuser(username="admin", email="", password=password)
