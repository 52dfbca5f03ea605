"""Strict readers of environment variables: each refuses a wrong value with one sentence that names the variable."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

import environ
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured

KEY_ID = re.compile(r"[a-z0-9-]{1,16}")
MIN_SECRET_LENGTH = 32
MIN_RSA_BITS = 2_048
LIMIT = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})")


class Environment(environ.Env):  # type: ignore[misc]
    """The readers of django-environ, and stricter ones; those without a `default` are for required variables."""

    def integer(self, name: str, *, default: int, least: int, most: int) -> int:
        return _integer(name, self.str(name, default=str(default)), least=least, most=most)

    def integers(self, name: str, *, default: Collection[int], least: int, most: int) -> list[int]:
        """One or more numbers, separated by commas."""
        numbers = self.list(name, default=[str(number) for number in default])
        require(numbers, f"{name} must be one or more numbers, separated by commas.")
        return [_integer(f"Each of {name}", number, least=least, most=most) for number in numbers]

    def choice(self, name: str, choices: Collection[str], *, default: str) -> str:
        text: str = self.str(name, default=default)
        require(text in choices, f"{name} must be one of {', '.join(choices)}, not {text!r}.")
        return text

    def matching(self, name: str, pattern: str, *, example: str, default: str = "") -> str:
        """A text of one form; it may be empty, or absent, where `default` is."""
        text: str = self.str(name, default=default)
        is_allowed = text == default == "" or re.fullmatch(pattern, text)
        require(is_allowed, f"{name} must be like {example}, not {text!r}.")
        return text

    def web_address(self, name: str, *, default: str = "") -> str:
        """An absolute URL of http or https; it may be empty, or absent, where `default` is."""
        text: str = self.str(name, default=default)
        require(
            text == default == "" or _is_web_address(text),
            f"{name} must be like https://www.example.com, not {text!r}.",
        )
        return text

    def secret(self, name: str) -> bytes:
        return long_secret(name, self.str(name))

    def key_ring(self, name: str) -> dict[str, bytes]:
        """`id:secret,id:secret` in the order given: the first key signs, the others only verify."""
        ring: dict[str, bytes] = {}
        for pair in self.str(name).split(","):
            key_id, colon, secret = pair.strip().partition(":")
            # The text itself is secret, so the sentence does not quote it.
            require(
                colon and KEY_ID.fullmatch(key_id) and key_id not in ring,
                f'{name} must be like "new:secret,old:secret": each id once, of 1 to 16 of a-z, 0-9 and hyphen.',
            )
            ring[key_id] = long_secret(f"The secret of {key_id} in {name}", secret)
        return ring

    def request_limits(self, name: str, *, default: str) -> tuple[tuple[int, int], ...]:
        """`30/60,200/86400` as pairs: a number of requests, and the window in seconds."""
        text: str = self.str(name, default=default)
        limits = [LIMIT.fullmatch(part) for part in text.split(",")]
        pairs = tuple((int(limit[1]), int(limit[2])) for limit in limits if limit)
        require(
            len({seconds for _, seconds in pairs}) == len(limits),
            f"{name} must be like 30/60,200/86400 (requests/seconds, both below a million, each window once), "
            f"not {text!r}.",
        )
        return pairs

    def rsa_key(self, name: str) -> RSAPrivateKey | None:
        """A PEM, or None if the variable is empty; `\\n` stands for a line break where variables can not hold one."""
        text: str = self.str(name, default="")
        if not text:
            return None
        try:
            key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPrivateKey) or key.key_size < MIN_RSA_BITS:
            raise ImproperlyConfigured(
                f"{name} must be a private RSA key of {MIN_RSA_BITS} bits or more, as PEM without a password."
            )
        return key


def require(condition: object, sentence: str) -> None:
    if not condition:
        raise ImproperlyConfigured(sentence)


def long_secret(name: str, text: str) -> bytes:
    require(
        len(text) >= MIN_SECRET_LENGTH,
        f"{name} must be a random text of at least {MIN_SECRET_LENGTH} characters.",
    )
    return text.encode()


def _integer(name: str, text: str, *, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    require(least <= number <= most, f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return number


def _is_web_address(text: str) -> bool:
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and bool(url.hostname)
