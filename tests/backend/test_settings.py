"""Settings that are missing or wrong stop the start with a sentence that names them."""

import re
from types import ModuleType

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.bootstrap import ROOT

LONG = "0123456789abcdef0123456789abcdef"


def settings_read() -> ModuleType:
    """The settings of the environment as it is now, beside those that the tests run with."""
    module = ModuleType("settings_under_test")
    path = ROOT / "backend" / "settings.py"
    module.__file__ = str(path)
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), module.__dict__)
    return module


def test_the_first_voter_key_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOTER_KEYS", f"2026-11:{LONG}, 2026-05:{LONG}:x")

    ring = settings_read().VOTER_KEYS

    assert list(ring.items()) == [("2026-11", LONG.encode()), ("2026-05", f"{LONG}:x".encode())]


def test_limits_on_voting_are_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOTE_LIMITS", "30/60,200/86400")

    assert settings_read().VOTE_LIMITS == ((30, 60), (200, 86_400))


@pytest.mark.parametrize(
    "name",
    ["VOTER_KEYS", "VOTER_PEPPER", "NEWSLETTER_KEYS", "NEWSLETTER_PEPPER", "EMAIL_URL", "MAIL_FROM"],
)
def test_what_has_no_default_is_required(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(ImproperlyConfigured, match=name):
        settings_read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("VOTER_KEYS", "", id="no key"),
        pytest.param("VOTER_KEYS", LONG, id="no id"),
        pytest.param("VOTER_KEYS", f":{LONG}", id="an empty id"),
        pytest.param("VOTER_KEYS", f"{'k' * 17}:{LONG}", id="a long id"),
        pytest.param("VOTER_KEYS", f"K1:{LONG}", id="an id in capitals"),
        pytest.param("VOTER_KEYS", f"a.b:{LONG}", id="an id with a dot"),
        pytest.param("VOTER_KEYS", f"a:{LONG[:-1]}", id="a short secret"),
        pytest.param("VOTER_KEYS", f"a:{LONG},b:short", id="a short second secret"),
        pytest.param("VOTER_KEYS", f"a:{LONG},a:{LONG}", id="an id twice"),
        pytest.param("VOTER_KEYS", f"a:{LONG},", id="a comma too many"),
        pytest.param("VOTER_PEPPER", "short", id="a short pepper"),
        pytest.param("VOTER_TOKEN_DAYS", "0", id="tokens that never live"),
        pytest.param("CLIENT_ADDRESS_HEADER", "X-Real-IP", id="a header with a twin"),
        pytest.param("CLIENT_ADDRESS_HEADER", "client_address", id="a header with an underscore"),
        pytest.param("CLIENT_ADDRESS_HEADER", "ClientAddressé", id="a header that is none"),
        pytest.param("CLIENT_ADDRESS_HEADER", "Address1", id="a header with a digit"),
        pytest.param("VOTER_CHALLENGE", "captcha", id="an unknown challenge"),
        pytest.param("VOTER_CHALLENGE", "turnstile", id="Turnstile without its keys"),
        pytest.param("PROOF_OF_WORK_BITS", "0", id="no work"),
        pytest.param("PROOF_OF_WORK_BITS", "33", id="work for days"),
        pytest.param("NEWSLETTER_KEYS", LONG, id="links without a key's id"),
        pytest.param("NEWSLETTER_PEPPER", "short", id="a short pepper of addresses"),
        pytest.param("MAIL_FROM", "AI Tool Verdicts", id="a sender without an address"),
        pytest.param("MAIL_FROM", "a@example.com\nBcc: b@example.com", id="a sender with a header behind it"),
        pytest.param("MAIL_DOMAIN", "exa mple", id="a domain that is none"),
        pytest.param("SIGN_UPS_A_MINUTE", "0", id="no sign-ups"),
        pytest.param("SITE_NEWSLETTER_URL", "www.example.com", id="pages without a scheme"),
        pytest.param("VOTE_LIMITS", "", id="no limit"),
        pytest.param("VOTE_LIMITS", "30", id="a limit without its window"),
        pytest.param("VOTE_LIMITS", "30/60,", id="a comma at the end"),
        pytest.param("VOTE_LIMITS", "0/60", id="a limit of nothing"),
        pytest.param("VOTE_LIMITS", "1.5/60", id="half a vote"),
        pytest.param("VOTE_LIMITS", "30/60,31/60", id="a window twice"),
        pytest.param("VOTE_LIMITS", "1000000/60", id="a limit that limits nothing"),
        pytest.param("TALLY_PUBLISH_SECONDS", "0", id="a step without length"),
        pytest.param("TURNSTILE_URL", "ftp://example.com", id="an address that cannot be asked"),
    ],
)
def test_a_wrong_value_is_named_and_no_secret_is(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=name) as refusal:
        settings_read()

    assert LONG[:-1] not in str(refusal.value)


@pytest.mark.parametrize("missing", ["TURNSTILE_SITE_KEY", "TURNSTILE_SECRET_KEY", "TURNSTILE_HOSTNAMES"])
def test_turnstile_needs_all_of_its_settings(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv("VOTER_CHALLENGE", "turnstile")
    for name in ("TURNSTILE_SITE_KEY", "TURNSTILE_SECRET_KEY", "TURNSTILE_HOSTNAMES"):
        monkeypatch.setenv(name, "given")
    monkeypatch.setenv(missing, "")

    with pytest.raises(ImproperlyConfigured, match=missing):
        settings_read()


def test_every_variable_is_in_the_example() -> None:
    settings = (ROOT / "backend" / "settings.py").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    read = set(re.findall(r'env\.[a-z_]+\(\s*"([A-Z_]+)"', settings))

    assert read
    assert read - set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)) == set()


def test_everybodys_mail_is_never_shown_in_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG_MAIL_DIR", "/tmp/mail")
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://api.example.com")

    with pytest.raises(ImproperlyConfigured, match="DEBUG_MAIL_DIR"):
        settings_read()


def test_mail_comes_from_the_senders_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_FROM", "Verdicts <digest@mail.example.com>")

    assert settings_read().MAIL_DOMAIN == "mail.example.com"
