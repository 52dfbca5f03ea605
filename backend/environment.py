"""Strict readers of environment variables: each refuses a wrong value with one sentence that names the variable."""

import re
from collections.abc import Collection, Mapping
from email.utils import getaddresses, parseaddr
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured

from backend.env_file import EnvFileError, read_text

KEY_ID = re.compile(r"[a-z0-9-]{1,16}")
MIN_SECRET_LENGTH = 32
MIN_RSA_BITS = 2_048
LIMIT = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})")
FLAGS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
HOST = re.compile(rf"\*|\.?{LABEL}(?:\.{LABEL})*|\[[0-9a-f:.]+\]", re.IGNORECASE)
SITE = rf"(?:{LABEL}(?:\.{LABEL})*|\[[0-9a-f:.]+\])"
# 1 to 65535.
PORT = r"(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
ORIGIN = re.compile(rf"https?://{SITE}{PORT}")
# What follows the host is a path of RFC 3986.
WEB_ADDRESS = re.compile(rf"{ORIGIN.pattern}(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?", re.IGNORECASE)
ADDRESS = re.compile(rf"[^\s@,;<>]+@({LABEL}(?:\.{LABEL})*)", re.IGNORECASE)
SENTRY_DSN = rf"https?://[^\s:@/?#]+@{SITE}{PORT}(?:/[^\s@?#]*)?/[0-9]+"
# A star stands in the first label alone, before two more: https://preview-*.example.app.
ORIGIN_PATTERN = re.compile(rf"https?://[a-z0-9-]*\*[a-z0-9-]*(?:\.{LABEL}){{2,}}{PORT}")

Network = IPv4Network | IPv6Network


class Environment:
    """
    Reads variables, or the files that `<name>_FILE` name; readers without a `default` are for required variables.

    Line breaks at the end of a file do not count, nor does a byte order mark. An empty variable counts as one that is
    set, unless it is required.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def get(self, name: str) -> str | None:
        """The variable's text; None where neither it nor its file is set."""
        file = self._variables.get(f"{name}_FILE")
        if not file:
            return self._variables.get(name)
        require(not self._variables.get(name), f"Set {name} or {name}_FILE, not both.")
        try:
            text = read_text(Path(file)).rstrip("\n")
        except EnvFileError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {error}") from None
        # UTF-16 without its mark is a text in UTF-8 too.
        require("\0" not in text, f"{name}_FILE: {file} must be a text file in UTF-8, and has zero bytes.")
        return text

    def with_prefix(self, prefix: str) -> dict[str, str]:
        """All variables whose names begin with it, those read from files among them."""
        names = {name.removesuffix("_FILE") for name in self._variables if name.startswith(prefix)}
        return {name: text for name in sorted(names) if (text := self.get(name)) is not None}

    def text(self, name: str, *, default: str | None = None) -> str:
        """Any text; without a `default` it must be there, and not empty."""
        text = self.get(name)
        if default is not None:
            return default if text is None else text
        if not text:
            raise ImproperlyConfigured(f"Set {name}, or {name}_FILE to the path of a file that holds it.")
        return text

    def flag(self, name: str, *, default: bool) -> bool:
        text = self.text(name, default=str(default)).strip()
        require(text.lower() in FLAGS, f"{name} must be true or false, not {text!r}.")
        return FLAGS[text.lower()]

    def items(self, name: str, *, default: str = "") -> list[str]:
        """Texts that commas part, without the spaces around them; empty ones do not count."""
        return [item for part in self.text(name, default=default).split(",") if (item := part.strip())]

    def hosts(self, name: str, *, default: str) -> list[str]:
        """Names and addresses for Django's ALLOWED_HOSTS."""
        hosts = self.items(name, default=default)
        for host in hosts:
            require(
                HOST.fullmatch(host),
                f"{name} must be like api.example.com,.example.com,[::1] without scheme and port, not {host!r}.",
            )
        return hosts

    def origins(self, name: str) -> tuple[list[str], list[str]]:
        """Origins as browsers send them, and regular expressions for those with a star in their first label."""
        exact, patterns = [], []
        for origin in self.items(name):
            if ORIGIN_PATTERN.fullmatch(origin):
                patterns.append(rf"^{re.escape(origin).replace(re.escape('*'), '[a-z0-9-]*')}\Z")
                continue
            require(
                ORIGIN.fullmatch(origin),
                f"{name} must be like https://www.example.com,https://preview-*.example.app, not {origin!r}.",
            )
            exact.append(origin)
        return exact, patterns

    def networks(self, name: str) -> list[Network]:
        """Networks in CIDR notation, or single addresses: IPv4 as such, and without a zone, as clients' are compared."""
        return [self._network(name, item) for item in self.items(name)]

    def _network(self, name: str, item: str) -> Network:
        try:
            network = ip_network(item)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must be like 10.0.0.0/8,192.0.2.7: {error}.") from None
        address = network.network_address
        require(
            isinstance(address, IPv4Address) or not (address.ipv4_mapped or address.scope_id),
            f"{name} must be like 10.0.0.0/8,192.0.2.7, without ::ffff: and zone, not {item!r}.",
        )
        return network

    def weekday(self, name: str, *, default: int) -> int:
        """The ISO weekday, 1 for Monday; names are English."""
        text = self.text(name, default=str(default)).strip().lower()
        if text in WEEKDAYS:
            return WEEKDAYS.index(text) + 1
        require(text in set("1234567"), f"{name} must be monday to sunday or 1, Monday, to 7, not {text!r}.")
        return int(text)

    def integer(self, name: str, *, default: int, least: int, most: int) -> int:
        return _integer(name, self.text(name, default=str(default)), least=least, most=most)

    def integers(self, name: str, *, default: Collection[int], least: int, most: int) -> list[int]:
        """One or more numbers, separated by commas."""
        numbers = self.items(name, default=",".join(str(number) for number in default))
        require(numbers, f"{name} must be one or more numbers, separated by commas.")
        return [_integer(f"Each of {name}", number, least=least, most=most) for number in numbers]

    def choice(self, name: str, choices: Collection[str], *, default: str) -> str:
        text = self.text(name, default=default)
        require(text in choices, f"{name} must be one of {', '.join(choices)}, not {text!r}.")
        return text

    def matching(self, name: str, pattern: str, *, example: str, default: str = "") -> str:
        """A text of one form; it may be empty, or absent, where `default` is."""
        text = self.text(name, default=default)
        is_allowed = text == default == "" or re.fullmatch(pattern, text)
        require(is_allowed, f"{name} must be like {example}, not {text!r}.")
        return text

    def web_address(self, name: str, *, default: str = "") -> str:
        """An absolute URL of http or https; it may be empty, or absent, where `default` is."""
        text = self.text(name, default=default)
        require(
            text == default == "" or WEB_ADDRESS.fullmatch(text),
            f"{name} must be like https://www.example.com, not {text!r}.",
        )
        return text

    def sender(self, name: str) -> tuple[str, str]:
        """A From header with one address, and the domain of that in lower case."""
        text = self.text(name)
        address = ADDRESS.fullmatch(parseaddr(text)[1])
        if not address or len(getaddresses([text])) != 1 or re.search(r"[\x00-\x1f\x7f]", text):
            raise ImproperlyConfigured(
                f"{name} must be like AI Tool Verdicts <digest@example.com>, not {text!r}."
            )
        return text, address[1].lower()

    def tagged_address(self, name: str) -> str:
        """An address to which tags are added behind a plus, so that its local part is short; it may be empty."""
        return self.matching(
            name, rf"[a-z0-9._=-]{{1,19}}@{LABEL}(?:\.{LABEL})*", example="bounces@example.com"
        )

    def sentry_dsn(self, name: str) -> str:
        return self.matching(name, SENTRY_DSN, example="https://key@sentry.example.com/1")

    def secret(self, name: str) -> bytes:
        return long_secret(name, self.text(name))

    def key_ring(self, name: str) -> dict[str, bytes]:
        """`id:secret,id:secret` in the order given: the first key signs, the others only verify."""
        ring: dict[str, bytes] = {}
        for pair in self.text(name).split(","):
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
        text = self.text(name, default=default)
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
        text = self.text(name, default="")
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
    """Raises ImproperlyConfigured with the sentence unless the condition holds."""
    if not condition:
        raise ImproperlyConfigured(sentence)


def long_secret(name: str, text: str) -> bytes:
    require(
        len(text) >= MIN_SECRET_LENGTH,
        f"{name} must be a random text of at least {MIN_SECRET_LENGTH} characters.",
    )
    return text.encode()


def _integer(name: str, text: str, *, least: int, most: int) -> int:
    number = int(text) if re.fullmatch("-?[0-9]{1,9}", text) else least - 1
    require(least <= number <= most, f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return number
