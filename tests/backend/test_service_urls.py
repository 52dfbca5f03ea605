"""Every password arrives as it was set, every option is honoured, and what can't be read is named."""

import os
import socket
import ssl
import string
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
import redis
from celery import Celery
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.core.cache.backends.redis import RedisCache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from backend.postgresql.base import DatabaseWrapper
from backend.service_urls import database_settings, email_settings, imap_mailbox, redis_url

PASSWORDS = [
    pytest.param("abc/def+gh=", id="a slash, as base64 has it"),
    pytest.param("ab?cd", id="a question mark"),
    pytest.param("ab#cd", id="a hash"),
    pytest.param("ab@cd:e&f[g]$h", id="other marks"),
    pytest.param("a/b@c", id="a slash before an at sign"),
    pytest.param("12/34", id="what looks like a port and a path"),
    pytest.param("über weit", id="letters beyond ASCII, and a space"),
]


def database(text: str, **options: object) -> dict[str, object]:
    return database_settings(text, options=options)


def redis_reads(url: str) -> dict[str, object]:
    options: dict[str, object] = redis.ConnectionPool.from_url(url).connection_kwargs
    return options


def kombu_reads(url: str) -> Any:
    """Any: Celery has no types."""
    return Celery(broker=url).connection_for_write()


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_may_be_pasted_as_it_is(password: str) -> None:
    assert database(f"postgres://verdicts:{password}@db.example:5432/verdicts") == {
        "ENGINE": "backend.postgresql",
        "NAME": "verdicts",
        "USER": "verdicts",
        "PASSWORD": password,
        "HOST": "db.example",
        "PORT": "5432",
        "OPTIONS": {},
    }
    assert redis_reads(redis_url(f"redis://:{password}@cache.example:6379/3"))["password"] == password
    assert kombu_reads(redis_url(f"redis://:{password}@cache.example:6379/3")).password == password
    assert email_settings(f"smtp+tls://AKIA:{password}@mail.example")["EMAIL_HOST_PASSWORD"] == password


@given(
    st.text(st.sampled_from(string.ascii_letters + string.digits + "/?#%@:&=[] +"), min_size=1, max_size=12)
)
def test_a_password_is_right_or_refused_and_never_another(password: str) -> None:
    read: dict[str, object] = {}
    with suppress(ImproperlyConfigured):
        read = database(f"postgres://verdicts:{password}@db.example:5432/verdicts?sslmode=require")

    assert not read or (read["HOST"], read["NAME"]) == ("db.example", "verdicts")
    assert not read or "%" in password or read["PASSWORD"] == password


@pytest.mark.parametrize(
    ("text", "password"), [("a%2Fb%25%40", "a/b%@"), ("%C3%BC", "ü")], ids=["marks", "UTF-8"]
)
def test_an_escaped_password_is_read(text: str, password: str) -> None:
    assert database(f"postgres://u:{text}@h/d")["PASSWORD"] == password


@pytest.mark.parametrize(
    "text", ["ab%cd", "ab%", "ab%zz", "%00a"], ids=["no UTF-8", "at the end", "no digits", "zero"]
)
def test_a_percent_sign_that_escapes_nothing_is_refused(text: str) -> None:
    for read, name in ((database, "DATABASE_URL"), (redis_url, "REDIS_URL"), (email_settings, "EMAIL_URL")):
        scheme = {"DATABASE_URL": "postgres", "REDIS_URL": "redis", "EMAIL_URL": "smtp"}[name]
        with pytest.raises(ImproperlyConfigured) as refusal:
            read(f"{scheme}://u:{text}@h/0")
        assert str(refusal.value) == f"{name}: write each % of its user, password and options as %25."


@pytest.mark.parametrize("password", ["secret%zz", "secret%00"])
def test_a_refused_password_among_the_options_is_not_told(password: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        database(f"postgres://u@h/d?password={password}")

    assert str(refusal.value) == "DATABASE_URL: write each % of its user, password and options as %25."


def test_an_address_that_can_be_read_in_two_ways_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL can be read in two ways"):
        database("postgres://u:secret@host/d?application_name=a@b")


def test_options_of_the_database_are_honoured_whole() -> None:
    read = database(
        "postgres://u@one:5432,[2001:db8::1]:5433/d?sslmode=verify-full&sslrootcert=/ca.pem"
        "&target_session_attrs=read-write&options=-c%20statement_timeout%3D5s&connect_timeout=9",
        options="-c jit=off",
        connect_timeout=2,
        prepare_threshold=1,
    )

    assert (read["HOST"], read["PORT"]) == ("one,2001:db8::1", "5432,5433")
    assert read["OPTIONS"] == {
        "sslmode": "verify-full",
        "sslrootcert": "/ca.pem",
        "target_session_attrs": "read-write",
        "options": "-c jit=off -c statement_timeout=5s",
        "connect_timeout": "9",
        "prepare_threshold": 1,
    }


def test_a_socket_and_a_service_need_no_host() -> None:
    assert database("postgres:///d?host=/run/postgresql")["HOST"] == "/run/postgresql"
    assert database("postgres://?service=verdicts")["OPTIONS"] == {"service": "verdicts"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mysql://h/d", "must name a PostgreSQL database"),
        ("h/d", "must be like postgres://user:password@host:5432/name; its value is not."),
        ("postgres://h:port/d", "must be like postgres://user:password@host:5432/name; its value is not."),
        ("postgres://h:70000/d", "must have a port from 1 to 65535."),
        ("postgres://h", "must name a database"),
        ("postgres://h/d?sslmod=require", 'invalid URI query parameter: "sslmod".'),
        ("postgres://h/d?sslmode=verify", "sslmode in DATABASE_URL must be one of disable, allow"),
        ("postgres://h/d?target_session_attrs=rw", "target_session_attrs in DATABASE_URL must be one of any"),
    ],
)
def test_a_wrong_address_of_the_database_is_named(text: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refusal:
        database(text)

    assert sentence in str(refusal.value)


def test_a_certificate_of_redis_is_verified_by_both_libraries_unless_told_otherwise() -> None:
    default, none = redis_url("rediss://h:6379/0"), redis_url("rediss://h/0?ssl_cert_reqs=CERT_NONE")

    assert default == "rediss://h:6379/0?ssl_cert_reqs=required"
    assert none == "rediss://h/0?ssl_cert_reqs=none"
    assert [kombu_reads(url).ssl["ssl_cert_reqs"].name for url in (default, none)] == [
        "CERT_REQUIRED",
        "CERT_NONE",
    ]
    assert [redis_reads(url)["ssl_cert_reqs"] for url in (default, none)] == ["required", "none"]


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[int]:
    """The port of a server whose certificate nobody has signed."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def refuse_until_closed(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection = listener.accept()[0]
                with suppress(OSError):
                    context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=refuse_until_closed, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_neither_the_broker_nor_the_cache_talks_to_an_impostor(impostor: int) -> None:
    url = redis_url(f"rediss://:secret@localhost:{impostor}/0")

    with pytest.raises(RedisConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        RedisCache(url, {}).get("key")
    with pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"), kombu_reads(url) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0)


def test_a_database_without_tls_is_not_talked_to_where_tls_is_demanded() -> None:
    url = f"{os.environ['DATABASE_URL']}?sslmode=verify-full&sslrootcert=/nonexistent"

    with pytest.raises(psycopg.OperationalError, match="SSL was required"):
        DatabaseWrapper({**connection.settings_dict, **database(url)}).connect()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("http://h/0", id="another scheme"),
        pytest.param("redis:///0", id="no host"),
        pytest.param("redis://h/one", id="a database by name"),
        pytest.param("redis://h/0?db=1", id="an option that one library ignores"),
        pytest.param("redis://h/0?ssl_cert_reqs=required", id="TLS without TLS"),
        pytest.param("rediss://h/0?ssl_cert_reqs=maybe", id="a check nobody knows"),
        pytest.param("rediss://h/0?ssl_ca_certs=/nonexistent", id="a file that is not there"),
    ],
)
def test_a_wrong_address_of_redis_is_named(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        redis_url(text)


@pytest.mark.parametrize(
    ("text", "port", "starttls", "tls"),
    [
        ("smtp://h", 25, False, False),
        ("smtp+tls://h", 587, True, False),
        ("smtp+ssl://h", 465, False, True),
        ("smtp://[::1]:2525", 2525, False, False),
    ],
)
def test_a_scheme_says_how_mail_is_secured(text: str, port: int, starttls: bool, tls: bool) -> None:
    read = email_settings(text)

    assert (read["EMAIL_PORT"], read["EMAIL_USE_TLS"], read["EMAIL_USE_SSL"]) == (port, starttls, tls)
    assert read["EMAIL_HOST"] in {"h", "::1"}


@pytest.mark.parametrize("text", ["imap://h", "smtp://", "smtp://h/path", "smtp://h?tls=1", "smtp://a,b"])
def test_a_wrong_address_of_the_mail_server_is_named(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        email_settings(text)


@pytest.mark.parametrize(
    ("text", "scheme", "port", "folder"),
    [
        ("imaps://ada:secret@imap.example.com", "imaps", 993, "INBOX"),
        (
            "imaps://ada:secret@imap.example.com:1993/Lists/Bounces%20of%20ours",
            "imaps",
            1993,
            "Lists/Bounces of ours",
        ),
        ("imap+tls://ada:secret@imap.example.com/INBOX", "imap+tls", 143, "INBOX"),
    ],
    ids=["as short as can be", "with port and folder", "STARTTLS"],
)
def test_a_mailbox_of_bounces_is_read_whole(text: str, scheme: str, port: int, folder: str) -> None:
    assert imap_mailbox(text) == {
        "scheme": scheme,
        "host": "imap.example.com",
        "port": port,
        "user": "ada",
        "password": "secret",
        "folder": folder,
    }


def test_a_mailbox_of_this_machine_needs_no_encryption() -> None:
    read = imap_mailbox("imap://ada:secret@127.0.0.1:1143")

    assert read
    assert (read["scheme"], read["host"], read["port"]) == ("imap", "127.0.0.1", 1143)


def test_without_a_mailbox_there_are_no_parts_of_one() -> None:
    assert imap_mailbox("") is None


@pytest.mark.parametrize(
    "text",
    [
        "pop3://ada:secret@imap.example.com",
        "imap://ada:secret@imap.example.com",
        "imaps://imap.example.com",
        "imaps://ada@imap.example.com",
        "imaps://ada:secret@one.example.com,two.example.com",
        "imaps://ada:secret@imap.example.com/IN%22BOX",
        "imaps://ada:secret@imap.example.com/INBOX?verify=no",
    ],
    ids=["POP", "no encryption", "nobody", "no password", "two hosts", "a quote", "an option"],
)
def test_a_mailbox_that_cannot_be_read_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BOUNCE_MAILBOX_URL") as refusal:
        imap_mailbox(text)

    assert "secret" not in str(refusal.value)
