"""What each reader of environment variables takes, and the sentence by which it refuses the rest."""

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
}
REQUIRED = ["secret", "key_ring"]


def read(reader: str, **options: Any) -> object:
    return getattr(Environment(), reader)("VARIABLE", **READERS[reader], **options)


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
        ("integer", "", "VARIABLE must be a whole number from 1 to 60, not ''."),
        ("integers", "", "VARIABLE must be one or more numbers, separated by commas."),
        ("integers", "1,x", "Each of VARIABLE must be a whole number from 1 to 60, not 'x'."),
        ("choice", "", "VARIABLE must be one of none, turnstile, not ''."),
        ("choice", "None", "VARIABLE must be one of none, turnstile, not 'None'."),
        ("matching", "ab1", "VARIABLE must be like abc, not 'ab1'."),
        ("matching", "ab\n", r"VARIABLE must be like abc, not 'ab\n'."),
        ("web_address", "example.com", "VARIABLE must be like https://www.example.com, not 'example.com'."),
        ("web_address", "https:///a", "VARIABLE must be like https://www.example.com, not 'https:///a'."),
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
