"""The addresses of engines and mail servers: read whole, or refused in one sentence that names them, but no secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import parse_qsl, quote, unquote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from backend.environment import require

HOST = r"(?:[A-Za-z0-9._%-]+|\[[0-9A-Fa-f:.]+\])?(?::[0-9]*)?"
# What stands behind the credentials. An @ in its path must be escaped, for otherwise it would end a password.
LOCATION = re.compile(rf"(?P<hosts>{HOST}(?:,{HOST})*)(?:/(?P<path>[^@?#\s]*))?(?:\?(?P<query>[^#\s]*))?")

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SESSION_ATTRIBUTES = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")

# How redis-py names what a certificate is checked for, and how the ssl module does, which kombu takes too.
CERT_REQS = {"required": "required", "optional": "optional", "none": "none"} | {
    f"CERT_{name.upper()}": name for name in ("required", "optional", "none")
}
REDIS_TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")

IMAP_PORTS = {"imap": 143, "imap+tls": 143, "imaps": 993}
SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}


@dataclass(frozen=True)
class ServiceUrl:
    """`scheme://user:password@hosts/path?query`; `user` and `password` are decoded, None where there is none."""

    scheme: str
    user: str | None
    password: str | None
    hosts: str
    path: str
    query: str

    @property
    def credentials(self) -> str:
        """With the @ behind them; every character that could end them early is escaped."""
        if self.user is None:
            return ""
        password = "" if self.password is None else f":{quote(self.password, safe='')}"
        return f"{quote(self.user, safe='')}{password}@"

    @property
    def location(self) -> str:
        return f"{self.hosts}/{self.path}" + (f"?{self.query}" if self.query else "")


def split_service_url(name: str, text: str, *, example: str) -> ServiceUrl:
    """
    The parts of an address whose password may hold `/ ? # :` and, mostly, `@` as they are.

    Raises ImproperlyConfigured if the text is no address, or if it can be read as two different ones.
    """
    # libpq would quote the text around one, which may be a password.
    require(
        not re.search(r"%(?:00|(?![0-9A-Fa-f]{2}))", text),
        f"{name}: write each % of its user, password and options as %25.",
    )
    scheme, separator, rest = text.partition("://")
    # Each @ may be the one that ends the password; -1: there are no credentials.
    ends = [-1, *(match.start() for match in re.finditer("@", rest))]
    readings = [
        (rest[: max(end, 0)], location, end)
        for end in ends
        if (location := LOCATION.fullmatch(rest[end + 1 :])) and _is_userinfo(rest[: max(end, 0)])
    ]
    require(readings and separator, f"{name} must be like {example}; its value is not.")
    require(
        len(readings) == 1,
        f"{name} can be read in two ways: write the @ / ? and # of its password or options as %40 %2F %3F and %23.",
    )
    userinfo, location, end = readings[0]
    ports = re.findall(r":([0-9]+)(?=,|$)", location["hosts"])
    require(all(0 < int(port) < 65_536 for port in ports), f"{name} must have a port from 1 to 65535.")
    user, colon, password = userinfo.partition(":")
    return ServiceUrl(
        scheme=scheme,
        user=None if end < 0 else _decoded(name, user),
        password=_decoded(name, password) if colon else None,
        hosts=location["hosts"],
        path=location["path"] or "",
        query=location["query"] or "",
    )


def _is_userinfo(text: str) -> bool:
    return not re.search(r"[/?#@\s]", text.partition(":")[0])


def _decoded(name: str, text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        decoded = ""
    require(decoded or not text, f"{name}: write each % of its user, password and options as %25.")
    return decoded


def database_settings(
    text: str, *, options: Mapping[str, object], name: str = "DATABASE_URL"
) -> dict[str, object]:
    """
    An entry of Django's DATABASES from DATABASE_URL, or from another `name` of a variable.

    What its query says of libpq's parameters wins over `options`.

    Server settings, the parameter `options`, are joined: PostgreSQL takes the later of two.
    """
    url = split_service_url(name, text, example="postgres://user:password@host:5432/name")
    require(
        url.scheme in {"postgres", "postgresql"},
        f"{name} must name a PostgreSQL database: postgres://user:password@host/name.",
    )
    try:
        given: dict[str, object] = dict(conninfo_to_dict(f"postgresql://{url.credentials}{url.location}"))
    except psycopg.ProgrammingError as error:
        require(False, f"{name}: {str(error).strip()}.")
    _require_one_of(name, given, "sslmode", SSL_MODES)
    _require_one_of(name, given, "target_session_attrs", SESSION_ATTRIBUTES)
    settings = {
        key: given.pop(parameter, "")
        for key, parameter in {
            "NAME": "dbname",
            "USER": "user",
            "PASSWORD": "password",
            "HOST": "host",
            "PORT": "port",
        }.items()
    }
    require(settings["NAME"] or "service" in given, f"{name} must name a database: postgres://host/name.")
    server_settings = [str(part["options"]) for part in (options, given) if part.get("options")]
    if server_settings:
        given["options"] = " ".join(server_settings)
    return {
        "ENGINE": "backend.postgresql",
        **settings,
        "OPTIONS": {**options, **given},
    }


def _require_one_of(name: str, given: Mapping[str, object], parameter: str, allowed: tuple[str, ...]) -> None:
    value = given.get(parameter, allowed[0])
    require(value in allowed, f"{parameter} in {name} must be one of {', '.join(allowed)}, not {value!r}.")


def redis_url(text: str) -> str:
    """
    REDIS_URL as redis-py and kombu read alike, for the cache, the broker and the watchdog.

    Over TLS the certificate is verified unless the address says otherwise; kombu alone would not verify it.
    """
    name = "REDIS_URL"
    url = split_service_url(name, text, example="redis://:password@host:6379/0")
    require(url.scheme in {"redis", "rediss"}, f"{name} must begin with redis:// or rediss://.")
    require(
        re.match("[^:,]", url.hosts) and "," not in url.hosts and re.fullmatch("[0-9]*", url.path),
        f"{name} must name one host and the number of a database, like redis://host:6379/0.",
    )
    given = dict(parse_qsl(url.query, keep_blank_values=True))
    known = {*REDIS_TLS_FILES, "ssl_cert_reqs", "ssl_check_hostname"} if url.scheme == "rediss" else set()
    for option in given:
        require(
            option in known,
            f"{option} in {name} is no option; rediss:// takes ssl_ca_certs, ssl_certfile, ssl_keyfile, "
            "ssl_cert_reqs and ssl_check_hostname.",
        )
    if url.scheme == "rediss":
        given.setdefault("ssl_cert_reqs", "required")
        _require_one_of(name, given, "ssl_cert_reqs", tuple(CERT_REQS))
        given["ssl_cert_reqs"] = CERT_REQS[given["ssl_cert_reqs"]]
        _require_one_of(name, given, "ssl_check_hostname", ("true", "false"))
        for option in REDIS_TLS_FILES:
            require(
                option not in given or Path(given[option]).is_file(),
                f"{option} in {name} must name a file, not {given.get(option)!r}.",
            )
    query = f"?{urlencode(given)}" if given else ""
    return f"{url.scheme}://{url.credentials}{url.hosts}/{url.path or 0}{query}"


def email_settings(text: str) -> dict[str, object]:
    """Django's settings of the SMTP server from EMAIL_URL."""
    name = "EMAIL_URL"
    url = split_service_url(name, text, example="smtp+tls://user:password@smtp.example.com:587")
    require(
        url.scheme in SMTP_PORTS,
        f"{name} must begin with smtp://, smtp+tls:// for STARTTLS or smtp+ssl:// for TLS from the start.",
    )
    host, port = re.fullmatch(r"(.*?)(?::([0-9]*))?", url.hosts).groups()  # type: ignore[union-attr]
    require(
        host and "," not in host and not url.path and not url.query,
        f"{name} must name one host and nothing behind it, like smtp://smtp.example.com:587.",
    )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host.strip("[]"),
        "EMAIL_PORT": int(port or SMTP_PORTS[url.scheme]),
        "EMAIL_HOST_USER": url.user or "",
        "EMAIL_HOST_PASSWORD": url.password or "",
        "EMAIL_USE_TLS": url.scheme in {"smtp+tls", "smtps"},
        "EMAIL_USE_SSL": url.scheme == "smtp+ssl",
    }


class ImapMailbox(TypedDict):
    """`imaps` is TLS from the start, `imap+tls` STARTTLS; `imap` has no encryption, and is for a server of this machine."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str


def imap_mailbox(text: str) -> ImapMailbox | None:
    """The mailbox of BOUNCE_MAILBOX_URL; None where it is empty."""
    name = "BOUNCE_MAILBOX_URL"
    if not text:
        return None
    url = split_service_url(name, text, example="imaps://user:password@imap.example.com/INBOX")
    require(
        url.scheme in IMAP_PORTS,
        f"{name} must begin with imaps://, or with imap+tls:// for STARTTLS.",
    )
    host, port = re.fullmatch(r"(.*?)(?::([0-9]*))?", url.hosts).groups()  # type: ignore[union-attr]
    user, password = url.user or "", url.password or ""
    require(
        host and "," not in host and user and password and not url.query,
        f"{name} must name a user with a password, one host and a folder: imaps://user:password@host/INBOX.",
    )
    require(
        url.scheme != "imap" or host in {"localhost", "127.0.0.1", "[::1]"},
        f"{name}: imap:// is for this machine alone; use imaps://, or imap+tls:// for STARTTLS.",
    )
    folder = _decoded(name, url.path) or "INBOX"
    require(
        folder.isascii() and folder.isprintable() and '"' not in folder and "\\" not in folder,
        f"{name} must name a folder in ASCII, as the server lists it.",
    )
    return {
        "scheme": url.scheme,
        "host": host.strip("[]"),
        "port": int(port or IMAP_PORTS[url.scheme]),
        "user": user,
        "password": password,
        "folder": folder,
    }
