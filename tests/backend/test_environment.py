"""What each reader of environment variables takes, and the sentence by which it refuses the rest."""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.environment import Environment, require

LONG = "0123456789abcdef0123456789abcdef"
LIMITS = {"least": 1, "most": 60}
READERS: dict[str, dict[str, Any]] = {
    "integer": {"default": 5, **LIMITS},
    "integers": {"default": (5, 6), **LIMITS},
    "choice": {"choices": ("none", "turnstile"), "default": "none"},
    "matching": {"pattern": "[a-z]+", "example": "abc"},
    "web_address": {},
    "secret": {},
    "key_ring": {},
    "request_limits": {"default": "30/60"},
    "rsa_key": {},
    "text": {},
    "flag": {"default": False},
    "items": {},
    "hosts": {"default": "localhost"},
    "origins": {},
    "networks": {},
    "weekday": {"default": 2},
    "sender": {},
    "sentry_dsn": {},
}
REQUIRED = ["secret", "key_ring", "text", "sender"]


def read(reader: str, **options: Any) -> object:
    return getattr(Environment(os.environ), reader)("VARIABLE", **READERS[reader], **options)


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        pytest.param("integer", "1", 1, id="the least number"),
        pytest.param("integer", "60", 60, id="the greatest number"),
        pytest.param("integers", "60,1", [60, 1], id="numbers in their order"),
        pytest.param("choice", "turnstile", "turnstile", id="a choice"),
        pytest.param("matching", "xyz", "xyz", id="a text that matches"),
        pytest.param("matching", "", "", id="no text"),
        pytest.param("web_address", "https://example.com/a/", "https://example.com/a/", id="https"),
        pytest.param("web_address", "http://[::1]:8000", "http://[::1]:8000", id="http, a port"),
        pytest.param("web_address", "", "", id="no address"),
        pytest.param("secret", LONG, LONG.encode(), id="a long secret"),
        pytest.param(
            "key_ring",
            f"b:{LONG}, a:{LONG}:x",
            {"b": LONG.encode(), "a": f"{LONG}:x".encode()},
            id="keys in their order",
        ),
        pytest.param("request_limits", "30/60,200/86400", ((30, 60), (200, 86_400)), id="limits"),
        pytest.param("rsa_key", "", None, id="no key"),
        pytest.param("text", "$HOME", "$HOME", id="a text, whatever it begins with"),
        pytest.param("flag", "True", True, id="true"),
        pytest.param("flag", "0", False, id="false"),
        pytest.param("items", " a, b,", ["a", "b"], id="items without spaces"),
        pytest.param("hosts", "127.0.0.1, api.example.com", ["127.0.0.1", "api.example.com"], id="hosts"),
        pytest.param(
            "hosts", ".example.com,[::1],*", [".example.com", "[::1]", "*"], id="all kinds of hosts"
        ),
        pytest.param(
            "origins",
            "https://a.example, http://localhost:3000",
            (["https://a.example", "http://localhost:3000"], []),
            id="origins",
        ),
        pytest.param(
            "networks", "10.0.0.0/8, ::1", [ip_network("10.0.0.0/8"), ip_network("::1")], id="networks"
        ),
        pytest.param("weekday", "Tuesday", 2, id="a weekday by name"),
        pytest.param("weekday", "7", 7, id="a weekday by number"),
        pytest.param(
            "sender",
            '"Verdicts, AI" <d@Mail.Example.com>',
            ('"Verdicts, AI" <d@Mail.Example.com>', "mail.example.com"),
            id="a sender and its domain",
        ),
        pytest.param("sentry_dsn", "http://k@[::1]:9000/a/12", "http://k@[::1]:9000/a/12", id="a Sentry"),
        pytest.param("sentry_dsn", "", "", id="no Sentry"),
    ],
)
def test_a_right_value_is_read(
    monkeypatch: pytest.MonkeyPatch, reader: str, text: str, value: object
) -> None:
    monkeypatch.setenv("VARIABLE", text)

    assert read(reader) == value


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("integer", 5),
        ("integers", [5, 6]),
        ("choice", "none"),
        ("matching", ""),
        ("web_address", ""),
        ("request_limits", ((30, 60),)),
        ("rsa_key", None),
        ("flag", False),
        ("items", []),
        ("hosts", ["localhost"]),
        ("origins", ([], [])),
        ("networks", []),
        ("weekday", 2),
    ],
)
def test_an_absent_variable_has_its_default(reader: str, value: object) -> None:
    assert read(reader) == value


@pytest.mark.parametrize("reader", REQUIRED)
def test_a_variable_without_a_default_is_required(reader: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="VARIABLE"):
        read(reader)


@pytest.mark.parametrize(
    ("reader", "text", "sentence"),
    [
        ("integer", "0", "VARIABLE must be a whole number from 1 to 60, not '0'."),
        ("integer", "61", "VARIABLE must be a whole number from 1 to 60, not '61'."),
        ("integer", "1.5", "VARIABLE must be a whole number from 1 to 60, not '1.5'."),
        ("integer", "1_0", "VARIABLE must be a whole number from 1 to 60, not '1_0'."),
        ("integer", "١", "VARIABLE must be a whole number from 1 to 60, not '١'."),
        ("text", "", "Set VARIABLE, or VARIABLE_FILE to the path of a file that holds it."),
        ("flag", "flase", "VARIABLE must be true or false, not 'flase'."),
        ("flag", "", "VARIABLE must be true or false, not ''."),
        (
            "hosts",
            "https://a.example",
            "VARIABLE must be like api.example.com,.example.com,[::1] without scheme and port, not 'https://a.example'.",
        ),
        (
            "origins",
            "*",
            "VARIABLE must be like https://www.example.com,https://preview-*.example.app, not '*'.",
        ),
        (
            "origins",
            "https://*.app",
            "VARIABLE must be like https://www.example.com,https://preview-*.example.app, not 'https://*.app'.",
        ),
        (
            "origins",
            "https://a.example/",
            "VARIABLE must be like https://www.example.com,https://preview-*.example.app, not 'https://a.example/'.",
        ),
        (
            "networks",
            "10.0.0.1/8",
            "VARIABLE must be like 10.0.0.0/8,192.0.2.7: 10.0.0.1/8 has host bits set.",
        ),
        ("weekday", "0", "VARIABLE must be monday to sunday or 1, Monday, to 7, not '0'."),
        ("weekday", "tues", "VARIABLE must be monday to sunday or 1, Monday, to 7, not 'tues'."),
        ("web_address", "https://a b", "VARIABLE must be like https://www.example.com, not 'https://a b'."),
        (
            "web_address",
            "https://u:p@a",
            "VARIABLE must be like https://www.example.com, not 'https://u:p@a'.",
        ),
        ("web_address", "https://a:x", "VARIABLE must be like https://www.example.com, not 'https://a:x'."),
        ("integer", "", "VARIABLE must be a whole number from 1 to 60, not ''."),
        ("integers", "", "VARIABLE must be one or more numbers, separated by commas."),
        ("integers", "1,x", "Each of VARIABLE must be a whole number from 1 to 60, not 'x'."),
        ("choice", "", "VARIABLE must be one of none, turnstile, not ''."),
        ("choice", "None", "VARIABLE must be one of none, turnstile, not 'None'."),
        ("matching", "ab1", "VARIABLE must be like abc, not 'ab1'."),
        ("matching", "ab\n", r"VARIABLE must be like abc, not 'ab\n'."),
        ("web_address", "example.com", "VARIABLE must be like https://www.example.com, not 'example.com'."),
        ("web_address", "https:///a", "VARIABLE must be like https://www.example.com, not 'https:///a'."),
        *(
            ("web_address", text, f"VARIABLE must be like https://www.example.com, not {text!r}.")
            for text in (
                "https://*",
                'https://a"b',
                "https://a..b",
                "http://a:0",
                "http://a:65536",
                "http://a/<b>",
            )
        ),
        *(
            (
                "networks",
                text,
                f"VARIABLE must be like 10.0.0.0/8,192.0.2.7, without ::ffff: and zone, not {text!r}.",
            )
            for text in ("::ffff:10.0.0.0/104", "fe80::1%eth0/128")
        ),
        ("web_address", "http://[", "VARIABLE must be like https://www.example.com, not 'http://['."),
        ("web_address", "ftp://a.b", "VARIABLE must be like https://www.example.com, not 'ftp://a.b'."),
        ("secret", LONG[:-1], "VARIABLE must be a random text of at least 32 characters."),
        (
            "key_ring",
            f"a:{LONG},b:short",
            "The secret of b in VARIABLE must be a random text of at least 32 characters.",
        ),
        (
            "key_ring",
            f"a:{LONG},a:{LONG}",
            'VARIABLE must be like "new:secret,old:secret": each id once, of 1 to 16 of a-z, 0-9 and hyphen.',
        ),
        (
            "request_limits",
            "30/60,31/60",
            (
                "VARIABLE must be like 30/60,200/86400 (requests/seconds, both below a million, each window once), "
                "not '30/60,31/60'."
            ),
        ),
        (
            "rsa_key",
            "no key",
            "VARIABLE must be a private RSA key of 2048 bits or more, as PEM without a password.",
        ),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, reader: str, text: str, sentence: str
) -> None:
    monkeypatch.setenv("VARIABLE", text)

    with pytest.raises(ImproperlyConfigured) as refusal:
        read(reader)

    assert str(refusal.value) == sentence


def test_an_empty_value_does_not_stand_for_a_default_that_is_not_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VARIABLE", "")

    with pytest.raises(ImproperlyConfigured):
        read("web_address", default="https://example.com")


def test_what_settings_require_of_each_other_is_told() -> None:
    require("anything true", "A and B go together.")

    with pytest.raises(ImproperlyConfigured, match="A and B go together"):
        require("", "A and B go together.")


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{LONG}\n", encoding="utf-8")

    environment = Environment({"VARIABLE_FILE": str(tmp_path / "secret"), "OTHER": "x"})

    assert environment.secret("VARIABLE") == LONG.encode()
    assert environment.with_prefix("VAR") == {"VARIABLE": LONG}


@pytest.mark.parametrize(
    "text",
    [f"\ufeff{LONG}", f"{LONG}\r\n", f"{LONG}\n\n", f"{LONG}\r"],
    ids=["a byte order mark", "a Windows line end", "two line ends", "an old Mac's"],
)
def test_what_editors_add_to_a_secret_is_no_part_of_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_bytes(text.encode())

    assert Environment({"VARIABLE_FILE": str(tmp_path / "secret")}).text("VARIABLE") == LONG


@pytest.mark.parametrize(
    ("encoding", "reason"), [("utf-16", "is no text in UTF-8"), ("utf-16-le", "has zero bytes")]
)
def test_a_secret_in_another_encoding_is_refused(tmp_path: Path, encoding: str, reason: str) -> None:
    (tmp_path / "secret").write_bytes(LONG.encode(encoding))

    with pytest.raises(
        ImproperlyConfigured, match=f"VARIABLE_FILE: .*/secret must be a text file in UTF-8, and {reason}"
    ):
        Environment({"VARIABLE_FILE": str(tmp_path / "secret")}).text("VARIABLE")


def test_a_file_that_is_not_there_and_one_beside_a_value_are_refused(tmp_path: Path) -> None:
    for file, reason in ((tmp_path / "none", "is not there"), (tmp_path, "is a folder")):
        with pytest.raises(
            ImproperlyConfigured, match=f"VARIABLE_FILE: {file} must be a text .* and {reason}"
        ):
            Environment({"VARIABLE_FILE": str(file)}).text("VARIABLE")

    with pytest.raises(ImproperlyConfigured, match="Set VARIABLE or VARIABLE_FILE, not both"):
        Environment({"VARIABLE_FILE": str(tmp_path), "VARIABLE": "x"}).text("VARIABLE")


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("https://site-git-main.vercel.app", True),
        ("https://vercel.app", False),
        ("https://site.vercel.app.evil.example", False),
        ("http://site.vercel.app", False),
    ],
)
def test_a_star_may_be_a_whole_label(origin: str, is_allowed: bool) -> None:
    _, patterns = Environment({"SITES": "https://*.vercel.app"}).origins("SITES")

    assert bool(re.match(patterns[0], origin)) == is_allowed


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("https://preview-1.example.app", True),
        ("https://preview-1.example.app.evil.example", False),
        ("https://preview-1.evil.example/.example.app", False),
        ("https://preview-a.b.example.app", False),
        ("http://preview-1.example.app", False),
        ("https://preview-1.example.app\n", False),
    ],
)
def test_a_star_stands_for_a_part_of_one_label(origin: str, is_allowed: bool) -> None:
    _, patterns = Environment({"SITES": "https://preview-*.example.app"}).origins("SITES")

    assert bool(re.match(patterns[0], origin)) == is_allowed
