"""Digests under the server's secret, one kind for each purpose."""

import hmac

from django.conf import settings


def keyed_digest(purpose: str, *parts: bytes) -> bytes:
    """HMAC-SHA256. Each part stands behind its length, so that no two lists of parts read alike."""
    message = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose.encode(), *parts))
    return hmac.digest(settings.SECRET_KEY.encode(), message, "sha256")
