"""Digests under a secret, one kind for each purpose."""

import hmac

from django.conf import settings


def keyed_digest(purpose: str, *parts: bytes) -> bytes:
    """The digest under the server's own secret."""
    return digest(settings.SECRET_KEY.encode(), purpose.encode(), *parts)


def digest(secret: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256. Each part stands behind its length, so that no two lists of parts read alike."""
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(secret, message, "sha256")
