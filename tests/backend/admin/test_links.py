"""A row's page leads to what readers get of it, once they get it."""

from datetime import datetime

import pytest

from backend.admin.links import link_once_public, link_to_api
from tests.factories import AHEAD, NOW


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("tools/cursor", '<a href="/api/v1/tools/cursor">View in API</a>'),
        ('"><script>', '<a href="/api/v1/&quot;&gt;&lt;script&gt;">View in API</a>'),
    ],
)
def test_a_link_to_the_api_is_quoted(path: str, link: str) -> None:
    assert link_to_api(path) == link


@pytest.mark.parametrize(
    ("public_at", "words"),
    [
        (None, "Nothing is public yet."),
        (AHEAD, "Public from 2100-01-01 00:00 UTC."),
        (NOW, '<a href="/api/v1/tools/cursor">View in API</a>'),
    ],
)
def test_what_waits_says_until_when(public_at: datetime | None, words: str) -> None:
    assert link_once_public("tools/cursor", public_at=public_at) == words
