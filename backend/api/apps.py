"""What is done once for the whole project when Django has started."""

from django.apps import AppConfig


class SharedApiConfig(AppConfig):
    name = "backend.api"

    def ready(self) -> None:
        """Register the project's system checks."""
        from backend import checks  # noqa: F401
