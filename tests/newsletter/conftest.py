"""Each test of mail begins without the day's salt of another."""

import pytest

from votes import origin


@pytest.fixture(autouse=True)
def no_salt_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_kept", None)
