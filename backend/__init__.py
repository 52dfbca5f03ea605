"""The project: settings, URLs, the Celery application, and what every endpoint shares."""

from backend.celery import app as celery_app

__all__ = ["celery_app"]
