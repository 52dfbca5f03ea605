"""Brings the database of `make serve` to the present state: migrations, demo content, the admin's account."""

import os


def prepare(*, admin_password: str) -> None:
    """Each step does nothing where there is nothing to do."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False)
    call_command("load_demo")
    _ensure_admin(password=admin_password)


def _ensure_admin(*, password: str) -> None:
    """Whoever changed the password since keeps it."""
    from django.contrib.auth import get_user_model

    users = get_user_model()._default_manager
    if not users.filter(username="admin").exists():
        users.create_superuser(username="admin", email="", password=password)
