"""A row's page leads to what readers get of it, or will get."""

from datetime import datetime

import pytest

from backend.admin.links import link_to_preview
from tests.factories import AHEAD, NOW


@pytest.mark.parametrize(
    ("public_at", "words"),
    [
        (None, 'Nothing is public yet. <a href="/x/?a=%22">Preview</a>'),
        (AHEAD, 'Public from 2100-01-01 00:00 UTC. <a href="/x/?a=%22">Preview</a>'),
        (NOW, '<a href="/x/?a=%22">As readers get it</a>'),
    ],
)
def test_what_waits_says_until_when_and_what_it_will_be(public_at: datetime | None, words: str) -> None:
    assert link_to_preview("/x/?a=%22", public_at=public_at) == words
