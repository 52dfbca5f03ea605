"""Sealed texts: what everybody may read and carry, and nobody but us can make up.

A sealed text is `v1.<key id>.<payload>.<mac>`, payload and mac in base64url without padding. The mac is an HMAC-SHA256
over purpose, key id and payload, each behind its length, so that no two lists of parts read alike and nothing sealed
for one purpose is good for another. Each seal has one spelling.
"""

import hmac
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping

MAC_LENGTH = 16
# More than any seal of ours has; what is longer is refused before anybody reads it.
MAX_SEALED_LENGTH = 128

TO_URL = bytes.maketrans(b"+/", b"-_")
FROM_URL = bytes.maketrans(b"-_", b"+/")

KeyRing = Mapping[str, bytes]


class BrokenSealError(ValueError):
    """The text was not sealed by us, or not for this purpose, or was altered since."""


def seal(ring: KeyRing, purpose: str, payload: bytes) -> str:
    """The payload under the first key of the ring."""
    key_id = next(iter(ring))
    return _sealed(ring, purpose, key_id, payload)


def unseal(ring: KeyRing, purpose: str, text: str) -> bytes:
    """The payload; raises BrokenSealError unless the text is, to the letter, what we would seal it as."""
    if len(text) > MAX_SEALED_LENGTH or not text.isascii():
        raise BrokenSealError
    parts = text.split(".")
    if len(parts) != 4 or parts[1] not in ring:
        raise BrokenSealError
    try:
        payload = a2b_base64(parts[2].encode().translate(FROM_URL) + b"==")
    except ValueError:
        raise BrokenSealError from None
    # Sealing it anew settles mac and spelling at once: base64 is read leniently, and much would read alike.
    if not hmac.compare_digest(_sealed(ring, purpose, parts[1], payload), text):
        raise BrokenSealError
    return payload


def base64url(raw: bytes) -> str:
    """Without padding."""
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(TO_URL).decode()


def _sealed(ring: KeyRing, purpose: str, key_id: str, payload: bytes) -> str:
    message = b"".join(
        len(part).to_bytes(4, "big") + part for part in (purpose.encode(), key_id.encode(), payload)
    )
    mac = hmac.digest(ring[key_id], message, "sha256")[:MAC_LENGTH]
    return f"v1.{key_id}.{base64url(payload)}.{base64url(mac)}"
