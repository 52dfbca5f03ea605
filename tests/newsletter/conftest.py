"""Each test of mail begins without the day's salt of another, and without numbers that another counted."""

from uuid import uuid4

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from backend.api import clients


@pytest.fixture(autouse=True)
def no_salt_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_kept", None)


@pytest.fixture(autouse=True)
def nothing_cached(settings: Settings) -> None:
    """In the Redis that all tests share, this one has names of its own."""
    settings.CACHES = {"default": {**configured.CACHES["default"], "KEY_PREFIX": uuid4().hex}}
