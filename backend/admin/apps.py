"""Makes the shared admin pages an app of Django's, which finds their templates and styles."""

from django.apps import AppConfig


class SharedAdminConfig(AppConfig):
    name = "backend.admin"
    label = "backend_admin"
    verbose_name = "The desk"
