"""Settings that are missing or wrong stop the start with a sentence that names them."""

import os
import re
import sys
import zoneinfo
from datetime import datetime
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend import process_kind
from backend.bootstrap import ROOT
from backend.env_file import new_env_file, read_env_file
from backend.mail_providers import PROVIDERS

# Of the settings, besides backend/settings.py.
PARTS = ("settings_base", "engine_settings", "mail_settings")
LONG = "0123456789abcdef0123456789abcdef"


def settings_read() -> ModuleType:
    """The settings of the environment as it is now, beside those that the tests run with."""
    module = ModuleType("settings_under_test")
    path = ROOT / "backend" / "settings.py"
    module.__file__ = str(path)
    with pytest.MonkeyPatch.context() as patch:
        for part in PARTS:
            patch.delitem(sys.modules, f"backend.{part}")
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
    ("kind", "options"),
    [
        ("web", "statement_timeout=1 -c lock_timeout=2 -c idle_in_transaction_session_timeout=3"),
        ("worker", "statement_timeout=600000 -c lock_timeout=10000 -c"),
        ("migrate", "statement_timeout=0 -c lock_timeout=1000 -c"),
        ("command", "statement_timeout=3600000 -c lock_timeout=600000 -c"),
    ],
)
def test_time_outs_of_the_database_go_by_the_kind_of_process(
    monkeypatch: pytest.MonkeyPatch, kind: process_kind.Kind, options: str
) -> None:
    monkeypatch.setattr(process_kind, "current", kind)
    monkeypatch.setenv("DATABASE_TIMEOUTS_WEB", "1,2,3")

    assert f"-c jit=off -c {options}" in settings_read().DATABASES["default"]["OPTIONS"]["options"]


@pytest.mark.parametrize("zone", ["Asia/Calcutta", "Europe/Kiev", "Asia/Saigon", "America/Buenos_Aires"])
def test_the_newsletters_zone_may_have_a_former_name_on_a_machine_that_knows_no_zones(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("NEWSLETTER_ZONE", zone)
    zoneinfo.reset_tzpath(to=())
    try:
        assert ZoneInfo(settings_read().NEWSLETTER_ZONE).utcoffset(datetime(2026, 11, 28)) is not None
    finally:
        zoneinfo.reset_tzpath()


def test_time_outs_are_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_TIMEOUTS_WORKER", "1,2")

    with pytest.raises(ImproperlyConfigured, match="DATABASE_TIMEOUTS_WORKER must be three numbers"):
        settings_read()


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
        pytest.param("MAIL_FROM", "@example.com", id="a sender without a name"),
        pytest.param("MAIL_FROM", "a@example.com, b@example.com", id="two senders"),
        pytest.param("MAIL_FROM", "a b@example.com", id="a sender with a space"),
        pytest.param("MAIL_FROM", "a@bücher.example", id="a sender's domain that is not as in DNS"),
        pytest.param("SECRET_KEY", "changeme", id="a key that can be guessed"),
        pytest.param("ALLOWED_HOSTS", " , ", id="no host at all"),
        pytest.param("SENTRY_DSN", "https://key@sentry.example.com:99999/1", id="a port that is none"),
        pytest.param("MEDIA_ROOT", "", id="logos that lie anywhere"),
        pytest.param("METRICS_DIR", "metrics", id="counts that lie anywhere"),
        pytest.param("MAIL_REPLY_TO", "a@example.com, b@example.com", id="two addresses for answers"),
        pytest.param("MAIL_REPLY_TO", "Ada", id="an address for answers that is none"),
        pytest.param("MAIL_DOMAIN", "exa mple", id="a domain that is none"),
        pytest.param("BOUNCE_ADDRESS", "bounces", id="bounces to no address"),
        pytest.param("BOUNCE_ADDRESS", f"{'b' * 20}@example.com", id="an address too long for a tag"),
        pytest.param("BOUNCE_ADDRESS", "bounces+x@example.com", id="an address that has a tag already"),
        pytest.param("UNSUBSCRIBE_ADDRESS", "leave@exa mple", id="leaving by no address"),
        pytest.param(
            "BOUNCE_MAILBOX_URL", "imaps://u:secret@imap.example.com", id="a mailbox for no address"
        ),
        pytest.param("MAIL_PROVIDER", "pigeon", id="a provider nobody knows"),
        pytest.param("MAIL_HOOKS", "pigeon", id="webhooks nobody knows"),
        pytest.param("MAIL_HOOKS", "scaleway", id="webhooks of a provider that has none"),
        pytest.param("ANYMAIL_WEBHOOK_SECRET", LONG, id="a login without a user"),
        pytest.param("ANYMAIL_WEBHOOK_SECRET", "user:short", id="a login that can be guessed"),
        pytest.param("ANYMAIL_WEBHOOK_SECRET", f'["user:{LONG}", 1]', id="a login that is none"),
        pytest.param("ANYMAIL_SEND_DEFAULTS", "{tags", id="JSON that is none"),
        pytest.param("SNS_TOPIC_ARNS", "mail", id="a topic that is none"),
        pytest.param("DKIM_DOMAIN", "example.com", id="a signature without a key"),
        pytest.param("DKIM_PRIVATE_KEY", LONG, id="a key that is none"),
        pytest.param("SUPPRESSION_JOURNAL", "journal", id="a journal that lies anywhere"),
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
        pytest.param("WATCHDOG_SECONDS", "0", id="no patience"),
        pytest.param("TURNSTILE_URL", "ftp://example.com", id="an address that cannot be asked"),
        pytest.param("SITE_URL", "www.example.com", id="a site without a scheme"),
        pytest.param("NEWSLETTER_ZONE", "Europe/Atlantis", id="a zone that is none"),
        pytest.param("NEWSLETTER_WEEKDAY", "0", id="a day before Monday"),
        pytest.param("NEWSLETTER_WEEKDAY", "8", id="a day after Sunday"),
        pytest.param("NEWSLETTER_TIME", "24:00", id="a time after the day"),
        pytest.param("NEWSLETTER_TIME", "8:00", id="a time of one digit"),
        pytest.param("SENDING_TICK_SECONDS", "0", id="a clock that never rests"),
        pytest.param("SENDING_TICK_SECONDS", "3601", id="a clock that hardly looks"),
        pytest.param("SENDING_IDENTITY", "our own", id="a name with a space"),
        pytest.param("SENDING_PROCESSES", "0", id="nobody sends"),
        pytest.param("SENDING_PROCESSES", "101", id="everybody sends"),
        pytest.param("SENDING_CONNECTIONS", "0", id="no connection"),
        pytest.param("SENDING_CONNECTIONS", "16", id="as many connections as the pool has"),
        pytest.param("SENDING_PER_MINUTE", "-1", id="less than no mail"),
        pytest.param("SENDING_PER_MINUTE", "1000001", id="more mail than there is"),
        pytest.param("SENDING_CLAIM_SECONDS", "0", id="a lease without length"),
        pytest.param("SENDING_CLAIM_SECONDS", "3601", id="a lease of hours"),
        pytest.param("SENDING_FINAL_SECONDS", "0", id="no time to answer"),
        pytest.param("SENDING_FINAL_SECONDS", "3601", id="hours to answer"),
        pytest.param("SENDING_OUTAGE_SECONDS", "0", id="a pause without length"),
        pytest.param("SENDING_OUTAGE_SECONDS", "3601", id="a pause of hours"),
        pytest.param("SENDING_RETRY_SECONDS", "", id="no retry"),
        pytest.param("SENDING_RETRY_SECONDS", "60,0", id="a retry at once"),
        pytest.param("SENDING_RETRY_SECONDS", "-60", id="a retry in the past"),
        pytest.param("SENDING_RETRY_SECONDS", "60,604801", id="a retry after the next edition"),
    ],
)
def test_a_wrong_value_is_named_and_no_secret_is(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=name) as refusal:
        settings_read()

    assert LONG[:-1] not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("SENDING_TICK_SECONDS", "3600", 3600),
        ("SENDING_PROCESSES", "1", 1),
        ("SENDING_PROCESSES", "100", 100),
        ("SENDING_CONNECTIONS", "1", 1),
        ("SENDING_CONNECTIONS", "15", 15),
        ("SENDING_PER_MINUTE", "0", 0),
        ("SENDING_PER_MINUTE", "1000000", 1_000_000),
        ("SENDING_CLAIM_SECONDS", "1", 1),
        ("SENDING_FINAL_SECONDS", "3000", 3000),
        ("SENDING_OUTAGE_SECONDS", "1", 1),
        ("SENDING_RETRY_SECONDS", "1,604800", [1, 604_800]),
    ],
)
def test_what_is_just_allowed_is_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, meant: object
) -> None:
    monkeypatch.setenv(name, value)

    assert getattr(settings_read(), name) == meant


@pytest.mark.parametrize("missing", ["TURNSTILE_SITE_KEY", "TURNSTILE_SECRET_KEY", "TURNSTILE_HOSTNAMES"])
def test_turnstile_needs_all_of_its_settings(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv("VOTER_CHALLENGE", "turnstile")
    for name in ("TURNSTILE_SITE_KEY", "TURNSTILE_SECRET_KEY", "TURNSTILE_HOSTNAMES"):
        monkeypatch.setenv(name, "given")
    monkeypatch.setenv(missing, "")

    with pytest.raises(ImproperlyConfigured, match=missing):
        settings_read()


def give(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Values of the right form."""
    for name in names:
        topic = "arn:aws:sns:eu-west-1:123456789012:mail"
        monkeypatch.setenv(name, topic if name == "SNS_TOPIC_ARNS" else f"user:{LONG}")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_has_all_it_needs_sends(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    give(monkeypatch, *PROVIDERS[name].credentials, *PROVIDERS[name].hook_keys)
    monkeypatch.setenv("MAIL_PROVIDER", name)
    monkeypatch.delenv("EMAIL_URL")

    settings = settings_read()

    assert f"anymail.backends.{name}.EmailBackend" == settings.EMAIL_BACKEND
    assert (name if PROVIDERS[name].hook_keys else "") == settings.MAIL_HOOKS


def test_webhooks_may_be_those_of_a_provider_that_takes_mail_by_smtp(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, "ANYMAIL_WEBHOOK_SECRET")
    monkeypatch.setenv("MAIL_HOOKS", "postmark")

    settings = settings_read()

    assert (settings.MAIL_PROVIDER, settings.MAIL_HOOKS) == ("", "postmark")
    assert settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(scope="module")
def pem() -> str:
    return pem_of(2_048)


def pem_of(bits: int) -> str:
    return (
        generate_private_key(public_exponent=65_537, key_size=bits)
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )


def sign_by(monkeypatch: pytest.MonkeyPatch, pem: str, *, domain: str = "example.com") -> None:
    monkeypatch.setenv("MAIL_FROM", "Verdicts <digest@mail.example.com>")
    monkeypatch.setenv("DKIM_DOMAIN", domain)
    monkeypatch.setenv("DKIM_SELECTOR", "s2026")
    monkeypatch.setenv("DKIM_PRIVATE_KEY", pem)


@pytest.mark.parametrize("domain", ["example.com", "mail.example.com"])
def test_a_key_may_be_written_on_one_line(monkeypatch: pytest.MonkeyPatch, pem: str, domain: str) -> None:
    sign_by(monkeypatch, pem.replace("\n", "\\n"), domain=domain)

    settings = settings_read()

    assert settings.DKIM_PRIVATE_KEY.key_size == 2_048


@pytest.mark.parametrize("domain", ["example.org", "ample.com", "other.mail.example.com"])
def test_a_signature_of_another_domain_would_be_worth_nothing(
    monkeypatch: pytest.MonkeyPatch, pem: str, domain: str
) -> None:
    sign_by(monkeypatch, pem, domain=domain)

    with pytest.raises(ImproperlyConfigured, match="DKIM_DOMAIN"):
        settings_read()


def test_a_short_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_by(monkeypatch, pem_of(1_024))

    with pytest.raises(ImproperlyConfigured, match="DKIM_PRIVATE_KEY"):
        settings_read()


def test_a_provider_signs_by_itself(monkeypatch: pytest.MonkeyPatch, pem: str) -> None:
    sign_by(monkeypatch, pem)
    give(monkeypatch, "ANYMAIL_POSTMARK_SERVER_TOKEN", "ANYMAIL_WEBHOOK_SECRET")
    monkeypatch.setenv("MAIL_PROVIDER", "postmark")

    with pytest.raises(ImproperlyConfigured, match="DKIM_DOMAIN"):
        settings_read()


def test_every_variable_of_the_example_reaches_the_containers() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    named = {name for kind in PROVIDERS.values() for name in kind.credentials + kind.hook_keys}
    of_compose_itself = {"POSTGRES_PASSWORD", "PORT", "WITH_PROVIDERS"}

    variables = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))

    assert named - variables == set()
    passed = re.findall(r"^    ([A-Z_]+):", compose, re.MULTILINE)
    assert len(passed) == len(set(passed))
    assert variables - of_compose_itself == set(passed) - {"PGPASSWORD"}
    assert all(f"${{{name}" in compose for name in of_compose_itself)


def test_every_variable_is_in_the_example() -> None:
    settings = "".join((ROOT / "backend" / f"{part}.py").read_text() for part in ("settings", *PARTS))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    read = set(re.findall(r'env\.[a-z_]+\(\s*"([A-Z_]+)"', settings))

    assert read
    assert read - set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)) == set()


def test_compose_opens_no_port_to_other_machines() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    ports = re.findall(r'ports: \["(.*)"\]', compose)

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_example_with_new_secrets_is_complete_but_for_the_servers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(new_env_file(), encoding="utf-8")
    variables = read_env_file(tmp_path / ".env")
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "MAIL_FROM")}
    # The others are the image's folders.
    servers["SUPPRESSION_JOURNAL"] = str(tmp_path / "suppressions")
    for name, text in (variables | servers).items():
        monkeypatch.setenv(name, text)

    settings = settings_read()

    assert settings.VOTER_PEPPER.decode() == variables["VOTER_PEPPER"]
    assert settings.CLIENT_ADDRESS_HEADER == ""
    assert [name for name in servers if variables[name]] == ["SUPPRESSION_JOURNAL"]


def test_a_file_sets_what_is_not_exported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "settings").write_text("VOTER_TOKEN_DAYS=7\nPROOF_OF_WORK_BITS=8\n", encoding="utf-8")
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "settings"))
    monkeypatch.setenv("PROOF_OF_WORK_BITS", "9")
    # Set by the file below, and to be unset behind it.
    monkeypatch.setenv("VOTER_TOKEN_DAYS", "1")
    monkeypatch.delenv("VOTER_TOKEN_DAYS")

    settings = settings_read()

    assert (settings.VOTER_TOKEN_DAYS, settings.PROOF_OF_WORK_BITS) == (7, 9)


@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize("name", ["SUPPRESSION_JOURNAL", "MEDIA_ROOT"])
def test_what_serves_or_works_does_not_start_on_a_folder_that_can_not_be(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: process_kind.Kind
) -> None:
    monkeypatch.setattr(process_kind, "current", kind)
    monkeypatch.setenv(name, "/proc/x")

    with pytest.raises(ImproperlyConfigured, match=rf"^{name} must be a .*, not '/proc/x': No such file"):
        settings_read()


@pytest.mark.parametrize("kind", ["command", "migrate"])
def test_commands_may_be_of_another_user(monkeypatch: pytest.MonkeyPatch, kind: process_kind.Kind) -> None:
    monkeypatch.setattr(process_kind, "current", kind)
    for name in ("SUPPRESSION_JOURNAL", "MEDIA_ROOT"):
        monkeypatch.setenv(name, "/proc/x")

    assert settings_read().SUPPRESSION_JOURNAL == "/proc/x"


def test_these_tests_read_no_file_of_the_checkout() -> None:
    assert os.environ["ENV_FILE"] == ""


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"BEHIND_TLS_PROXY": "true"}, "BEHIND_TLS_PROXY", id="all readers are one network"),
        pytest.param(
            {"CLIENT_ADDRESS_HEADER": "ClientAddress"}, "TRUSTED_PROXIES", id="a header from anybody"
        ),
        pytest.param(
            {"TRUSTED_PROXIES": "10.0.0.0/8"}, "CLIENT_ADDRESS_HEADER", id="a proxy without a header"
        ),
    ],
)
def test_addresses_that_are_one_or_can_be_forged_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, text in given.items():
        monkeypatch.setenv(name, text)

    with pytest.raises(ImproperlyConfigured, match=named):
        settings_read()


@pytest.mark.parametrize(
    ("choice", "subdomains", "preload"),
    [("host", False, False), ("subdomains", True, False), ("preload", True, True)],
)
def test_browsers_are_told_of_subdomains_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, choice: str, subdomains: bool, preload: bool
) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://example.com")
    monkeypatch.setenv("HSTS", choice)

    settings = settings_read()

    assert settings.SECURE_HSTS_SECONDS == 31_536_000
    assert (subdomains, preload) == (settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD)


def test_options_of_the_address_reach_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u@h/d?sslmode=verify-full&sslrootcert=/nonexistent")

    options = settings_read().DATABASES["default"]["OPTIONS"]

    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/nonexistent")
    assert (options["connect_timeout"], options["pool"]["timeout"]) == (2, 1.8)
    assert "jit=off" in options["options"]


def test_cache_and_broker_verify_the_same_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "rediss://h:6379/0")

    settings = settings_read()

    assert (
        settings.CACHES["default"]["LOCATION"]
        == settings.CELERY_BROKER_URL
        == "rediss://h:6379/0?ssl_cert_reqs=required"
    )


def test_everybodys_mail_is_never_shown_in_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG_MAIL_DIR", "/tmp/mail")
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://api.example.com")

    with pytest.raises(ImproperlyConfigured, match="DEBUG_MAIL_DIR"):
        settings_read()


def test_mail_comes_from_the_senders_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_FROM", "Verdicts <digest@Mail.Example.com>")

    assert settings_read().MAIL_DOMAIN == "mail.example.com"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://preview-7.example.app", "https://preview-7.example.app"),
        ("https://www.example.com", "https://www.example.com"),
        ("https://preview-7.example.org", None),
    ],
)
def test_a_preview_of_the_frontend_may_call_the_api(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, api: APIClient, origin: str, allowed: str | None
) -> None:
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", "https://www.example.com, https://preview-*.example.app")
    read = settings_read()
    settings.CORS_ALLOWED_ORIGINS = read.CORS_ALLOWED_ORIGINS
    settings.CORS_ALLOWED_ORIGIN_REGEXES = read.CORS_ALLOWED_ORIGIN_REGEXES

    response = api.get("/api/v1/nothing", headers={"Origin": origin})

    assert response.headers.get("Access-Control-Allow-Origin") == allowed


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://api.example.com", "api.example.com"),
        ("https://example.com/verdicts", "example.com/verdicts"),
        ("http://127.0.0.1:8000", None),
    ],
)
def test_the_redirect_to_https_leads_to_our_own_address(
    monkeypatch: pytest.MonkeyPatch, address: str, host: str | None
) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", address)

    assert host == settings_read().SECURE_SSL_HOST


def test_the_redirect_to_https_does_not_repeat_the_host(api: APIClient, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_SSL_HOST = True, "api.example.com"

    answer = api.get("/api/v1/tools?limit=1", headers={"Host": "evil.example"})

    assert answer.status_code == 301
    assert answer["Location"] == "https://api.example.com/api/v1/tools?limit=1"
