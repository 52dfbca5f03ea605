"""What every test may use."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests import mail_sink
from tests.mail_sink import Sink


@pytest.fixture
def api() -> APIClient:
    """A reader's browser: no session, no cookies."""
    return APIClient()


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    """A mail server, which all mail goes to."""
    with mail_sink.listening() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield sink
