"""Makes what endpoints share an app of Django's, for the two tables it owns."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "backend.api"
    label = "api"
