"""Signed tokens: text that anybody can read and carry, and that only the server can make.

A token is `v1.<key id>.<payload>.<mac>`, payload and mac in base64url without padding (RFC 4648, section 5). The mac is
the first 16 bytes of an HMAC-SHA256 over purpose, key id and payload, each behind its length, so that no two lists of
parts read alike and a token signed for one purpose is refused for another. Each token has one spelling.
"""

import hmac
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping

from backend.api.digests import digest

MAC_LENGTH = 16
# More than any token of ours has; longer text is refused unread.
MAX_TOKEN_LENGTH = 128

TO_URL = bytes.maketrans(b"+/", b"-_")
FROM_URL = bytes.maketrans(b"-_", b"+/")

# Secrets by key id. The first signs, all verify.
KeyRing = Mapping[str, bytes]


class InvalidSignatureError(ValueError):
    """The text was not signed by us, or not for this purpose, or was altered since."""


def sign(ring: KeyRing, purpose: str, payload: bytes) -> str:
    """The token that carries `payload`, signed for `purpose` with the first key of the ring."""
    return _token(ring, purpose, next(iter(ring)), payload)


def verify(ring: KeyRing, purpose: str, token: str) -> bytes:
    """The payload; raises InvalidSignatureError unless the text is, to the letter, what `sign` makes of it."""
    if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
        raise InvalidSignatureError
    parts = token.split(".")
    if len(parts) != 4 or parts[1] not in ring:
        raise InvalidSignatureError
    try:
        payload = a2b_base64(parts[2].encode().translate(FROM_URL) + b"==")
    except ValueError:
        raise InvalidSignatureError from None
    # Signing anew settles mac and spelling at once: base64 is read leniently, and much would read alike.
    if not hmac.compare_digest(_token(ring, purpose, parts[1], payload), token):
        raise InvalidSignatureError
    return payload


def base64url(raw: bytes) -> str:
    """Base64url without padding."""
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(TO_URL).decode()


def _token(ring: KeyRing, purpose: str, key_id: str, payload: bytes) -> str:
    mac = digest(ring[key_id], purpose.encode(), key_id.encode(), payload)[:MAC_LENGTH]
    return f"v1.{key_id}.{base64url(payload)}.{base64url(mac)}"
