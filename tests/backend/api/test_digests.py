"""Digests under the server's secret: equal for equal parts alone."""

import hashlib
import hmac

import pytest
from pytest_django.fixtures import Settings

from backend.api.digests import keyed_digest


def test_a_digest_is_an_hmac_of_its_parts_behind_their_lengths(settings: Settings) -> None:
    settings.SECRET_KEY = "secret"
    message = b"\0\0\0\7purpose" + b"\0\0\0\2ab" + b"\0\0\0\0"

    expected = hmac.new(b"secret", message, hashlib.sha256).digest()

    assert keyed_digest("purpose", b"ab", b"") == expected


@pytest.mark.parametrize(
    ("purpose", "parts"),
    [
        pytest.param("other", (b"ab", b"c"), id="another purpose"),
        pytest.param("purpose", (b"a", b"bc"), id="parts cut elsewhere"),
        pytest.param("purpose", (b"abc",), id="parts as one"),
        pytest.param("purpose", (b"c", b"ab"), id="parts in another order"),
        pytest.param("purpose", (b"ab", b"c", b""), id="an empty part more"),
        pytest.param("purposeab", (b"c",), id="a part in the purpose"),
    ],
)
def test_other_parts_have_another_digest(purpose: str, parts: tuple[bytes, ...]) -> None:
    assert keyed_digest(purpose, *parts) != keyed_digest("purpose", b"ab", b"c")


def test_another_secret_gives_another_digest(settings: Settings) -> None:
    before = keyed_digest("purpose", b"ab")

    settings.SECRET_KEY = "changed"

    assert keyed_digest("purpose", b"ab") != before
