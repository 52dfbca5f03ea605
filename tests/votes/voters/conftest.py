"""What the tests of voters may use besides."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.votes.voters import turnstile
from tests.votes.voters.turnstile import Cloudflare


@pytest.fixture
def cloudflare(settings: Settings) -> Iterator[Cloudflare]:
    with turnstile.listening(settings) as cloudflare:
        yield cloudflare
