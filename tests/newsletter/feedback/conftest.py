"""An hour after the mail went out: a provider that tells of it, and Amazon's host, which alone is not in the house."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from pytest_django.fixtures import Settings

from newsletter.feedback import sns
from tests.factories import NOW
from tests.newsletter.feedback.telling import Send, sender
from tests.newsletter.hook_calls import CALLS, CERTIFICATE_URL, certificate


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False) as coordinates:
        yield coordinates


@pytest.fixture(autouse=True)
def amazons_certificate(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Amazon's own host, which alone is not in the house; the addresses that were asked for."""
    asked: list[str] = []

    def get(address: str, **options: Any) -> requests.Response:
        assert options["allow_redirects"] is False
        assert options["timeout"]
        asked.append(address)
        response = requests.Response()
        response.status_code = 200 if address == CERTIFICATE_URL or "ConfirmSubscription" in address else 404
        response.raw = Raw(certificate())
        return response

    monkeypatch.setattr(requests, "get", get)
    sns._key_at.cache_clear()
    yield asked
    sns._key_at.cache_clear()


class Raw:
    """The part of a response of urllib3 that is read."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def read(self, amount: int, *, decode_content: bool) -> bytes:
        return self.body[:amount]

    def close(self) -> None: ...

    def release_conn(self) -> None: ...


@pytest.fixture(params=CALLS)
def provider(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def send(settings: Settings, provider: str) -> Send:
    return sender(settings, provider)
