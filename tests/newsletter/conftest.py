"""Each test of mail begins without the day's salt of another, and without numbers that another counted.

Files of subscribers are written here, for the reader of such files, the import and the command.
"""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from backend.api import clients


@pytest.fixture(autouse=True)
def no_salt_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_kept", {})


@pytest.fixture(autouse=True)
def nothing_cached(settings: Settings) -> None:
    """In the Redis that all tests share, this one has names of its own."""
    settings.CACHES = {"default": {**configured.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def write(*lines: str, header: str = "email,confirmed_at", encoding: str = "utf-8") -> str:
        file = tmp_path / "subscribers.csv"
        file.write_bytes("".join(f"{line}\r\n" for line in [header, *lines]).encode(encoding))
        return str(file)

    return write
