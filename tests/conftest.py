"""What every test may use."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests import mail_sink
from tests.mail_sink import Sink

# Those that take longest: begun last, they would keep one process busy while the others have nothing left to do.
SLOW = (
    *("tests/faults/", "tests/backend/devstack/", "tests/backend/test_bootstrap.py", "tests/browser/"),
    *("tests/test_migrations.py", "tests/votes/test_rules.py", "tests/newsletter/readers/test_sign_ups.py"),
)


def pytest_configure() -> None:
    """Give each process that tests a database of its own in Redis, as pytest-django does in PostgreSQL.

    Redis has 16, unless it is told otherwise; the Makefile starts no more processes, and a further one would fail.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = urlsplit(configured.REDIS_URL)._replace(path=f"/{number}").geturl()
    configured.REDIS_URL = configured.CELERY_BROKER_URL = os.environ["REDIS_URL"] = url
    configured.CACHES["default"]["LOCATION"] = url
    # Otherwise each test client looks for all files of the admin first.
    configured.WHITENOISE_AUTOREFRESH = True


def pytest_xdist_auto_num_workers() -> int:
    """Two processes for each core: the servers and mail that many tests wait for leave the cores to others."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


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
