"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

application = get_wsgi_application()

from backend.api.requests import Utf8Request  # noqa: E402 - it needs the settings.

application.request_class = Utf8Request
