"""Confirmation tokens: random, good for two days, known to us only by their hash."""

import secrets
from datetime import timedelta
from hashlib import sha256

from backend.api.seals import base64url

LIFETIME = timedelta(hours=48)
# Of 32 bytes in base64url.
LENGTH = 43


def new_token() -> str:
    return base64url(secrets.token_bytes(32))


def token_key(token: str) -> bytes:
    """What `ConfirmationToken.key` stores. Nobody can guess 256 random bits, so nothing slower is needed."""
    return sha256(token.encode()).digest()
