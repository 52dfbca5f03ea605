"""Readers of those environment variables whose value has a form of its own."""

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured

KEY_ID = re.compile(r"[a-z0-9-]{1,16}")
MIN_SECRET_LENGTH = 32
MIN_RSA_BITS = 2_048
LIMIT = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})")


def key_ring(name: str, text: str) -> dict[str, bytes]:
    """ "id:secret,id:secret" in the order given: the first signs, the others only verify."""
    ring: dict[str, bytes] = {}
    for pair in text.split(","):
        key_id, colon, secret = pair.strip().partition(":")
        # The text itself is a secret, so that no sentence may quote it.
        if not (colon and KEY_ID.fullmatch(key_id)) or key_id in ring:
            raise ImproperlyConfigured(
                f'{name} must be like "new:secret,old:secret": each id once, of 1 to 16 of a-z, 0-9 and hyphen.'
            )
        ring[key_id] = long_secret(f"The secret of {key_id} in {name}", secret)
    return ring


def long_secret(name: str, text: str) -> bytes:
    if len(text) < MIN_SECRET_LENGTH:
        raise ImproperlyConfigured(
            f"{name} must be a random text of at least {MIN_SECRET_LENGTH} characters."
        )
    return text.encode()


def letters_only_header(name: str, text: str) -> str:
    """
    A header's name in which nothing can be respelled, or nothing.

    WSGI makes one variable of X-Real-IP and X_Real_IP, and the later one wins: a client could overwrite what the
    proxy has set. A name of letters alone has no such twin.
    """
    if text and not (text.isascii() and text.isalpha()):
        raise ImproperlyConfigured(
            f"{name} must be a header's name of letters alone, like ClientAddress, not {text!r}."
        )
    return text


def request_limits(name: str, text: str) -> tuple[tuple[int, int], ...]:
    """`30/60,200/86400` as pairs of how many requests in how many seconds."""
    limits = tuple(LIMIT.fullmatch(part) for part in text.split(","))
    pairs = tuple((int(limit[1]), int(limit[2])) for limit in limits if limit)
    if len(pairs) < len(limits) or len({seconds for _, seconds in pairs}) < len(pairs):
        raise ImproperlyConfigured(
            f"{name} must be like 30/60,200/86400 (requests/seconds, both below a million, each window once), not {text!r}."
        )
    return pairs


def rsa_key(name: str, text: str) -> RSAPrivateKey:
    """A PEM; its line breaks may be written as `\\n`, since not everything that sets variables can hold lines."""
    try:
        key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < MIN_RSA_BITS:
        raise ImproperlyConfigured(
            f"{name} must be a private RSA key of {MIN_RSA_BITS} bits or more, as PEM without a password."
        )
    return key
