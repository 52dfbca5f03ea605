"""Mail providers: each needs all that it sends and signs with, and none may watch readers."""

import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.mail_providers import PROVIDERS, anymail_settings, mail_hooks, mail_provider

LONG = "0123456789abcdef0123456789abcdef"
WITH_HOOKS = [name for name, kind in PROVIDERS.items() if kind.hook_keys]


def given(*names: str, **values: str) -> dict[str, str]:
    """An environment with values of the right form."""
    return dict.fromkeys(names, f"user:{LONG}") | values


def anymail(**environment: str) -> dict[str, Any]:
    return anymail_settings(environment, public_base_url="https://api.example.com")


# --- Sending ------------------------------------------------------------------------------------


def test_without_a_provider_nothing_is_needed() -> None:
    assert mail_provider("", {}) == ""


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_has_all_it_needs_is_taken(name: str) -> None:
    assert mail_provider(name, given(*PROVIDERS[name].credentials)) == name


@pytest.mark.parametrize(
    ("name", "missing"), [(name, needed) for name, kind in PROVIDERS.items() for needed in kind.credentials]
)
def test_a_provider_needs_all_that_it_sends_with(name: str, missing: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"MAIL_PROVIDER={name} needs .*{missing}"):
        mail_provider(name, given(*PROVIDERS[name].credentials) | {missing: ""})


def test_a_provider_that_nobody_knows_is_told_which_there_are() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"one of amazon_ses, brevo, .*, not 'pigeon'"):
        mail_provider("pigeon", {})


@pytest.mark.parametrize("value", ["naïve-secret", "two\nlines"])
def test_a_key_that_could_not_stand_in_a_header_is_refused_and_not_quoted(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ANYMAIL_RESEND_API_KEY") as refusal:
        mail_provider("resend", {"ANYMAIL_RESEND_API_KEY": value})

    assert value not in str(refusal.value)


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)

    with pytest.raises(ImproperlyConfigured, match=r"needs boto3: install requirements/providers\.txt"):
        mail_provider("amazon_ses", given("AWS_DEFAULT_REGION"))


# --- Webhooks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "provider", "hooks"),
    [
        pytest.param("", "", "", id="neither"),
        pytest.param("", "postmark", "postmark", id="of the provider that sends"),
        pytest.param("", "scaleway", "", id="of a provider that has none"),
        pytest.param("postmark", "", "postmark", id="of one that takes mail by SMTP"),
        pytest.param("postmark", "scaleway", "postmark", id="of another than sends"),
        pytest.param("none", "postmark", "", id="of nobody"),
    ],
)
def test_webhooks_are_answered(name: str, provider: str, hooks: str) -> None:
    environment = given(*PROVIDERS["postmark"].hook_keys)

    assert mail_hooks(name, provider=provider, environment=environment) == hooks


@pytest.mark.parametrize("name", ["pigeon", "scaleway"])
def test_webhooks_that_there_are_not_are_refused(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"MAIL_HOOKS must be .*, not '{name}'"):
        mail_hooks(name, provider="", environment={})


@pytest.mark.parametrize(
    ("name", "missing"), [(name, needed) for name in WITH_HOOKS for needed in PROVIDERS[name].hook_keys]
)
def test_webhooks_need_all_that_they_are_signed_with(name: str, missing: str) -> None:
    environment = given(*PROVIDERS[name].hook_keys) | {missing: ""}

    with pytest.raises(ImproperlyConfigured, match=f"MAIL_HOOKS={name} needs .*{missing}"):
        mail_hooks(name, provider="", environment=environment)
    with pytest.raises(ImproperlyConfigured, match=f"MAIL_PROVIDER={name} without MAIL_HOOKS=none needs"):
        mail_hooks("", provider=name, environment=environment)


# --- What anymail is told -----------------------------------------------------------------------


def test_nothing_makes_a_provider_watch_readers_or_send_twice_or_tell_keys() -> None:
    told = anymail(
        ANYMAIL_SEND_DEFAULTS='{"track_opens": true, "tags": ["weekly"]}',
        ANYMAIL_POSTMARK_SEND_DEFAULTS='{"track_clicks": true}',
        ANYMAIL_AMAZON_SES_CLIENT_PARAMS='{"config": {"retries": {"max_attempts": 9}}}',
        ANYMAIL_DEBUG_API_REQUESTS="true",
        ANYMAIL_IGNORE_RECIPIENT_STATUS="true",
    )

    assert (told["DEBUG_API_REQUESTS"], told["IGNORE_RECIPIENT_STATUS"]) == (False, False)
    assert told["POSTMARK_SEND_DEFAULTS"] == {"track_opens": False, "track_clicks": False}
    assert told["SEND_DEFAULTS"] == {"track_opens": False, "track_clicks": False, "tags": ["weekly"]}
    assert told["AMAZON_SES_CLIENT_PARAMS"]["config"]["retries"] == {"total_max_attempts": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [("007", "007"), ("true", True), ("false", False), ('["a"]', ["a"]), ('{"a": 1}', {"a": 1})],
)
def test_what_looks_like_json_is_read_as_such_and_a_number_is_a_key(text: str, value: object) -> None:
    assert anymail(ANYMAIL_ANYTHING=text)["ANYTHING"] == value


@pytest.mark.parametrize("text", ["{tags", '["a"'])
def test_what_only_begins_like_json_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ANYMAIL_ANYTHING begins like JSON"):
        anymail(ANYMAIL_ANYTHING=text)


def test_variables_of_others_and_empty_ones_are_left_out() -> None:
    told = anymail(ANYMAIL_POSTMARK_SERVER_TOKEN="", POSTMARK_API_URL="https://example.com")

    assert {"POSTMARK_SERVER_TOKEN", "POSTMARK_API_URL"} & told.keys() == set()


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        pytest.param(f"user:{LONG}", [f"user:{LONG}"], id="one"),
        pytest.param(f'["new:{LONG}", "old:{LONG}"]', [f"new:{LONG}", f"old:{LONG}"], id="two"),
    ],
)
def test_logins_of_webhooks_are_a_list(text: str, logins: list[str]) -> None:
    assert anymail(ANYMAIL_WEBHOOK_SECRET=text)["WEBHOOK_SECRET"] == logins


@pytest.mark.parametrize(
    "text",
    [LONG, "user:short", f'["user:{LONG}", 1]', '{"user": "x"}'],
    ids=["no user", "short", "mixed", "object"],
)
def test_a_login_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ANYMAIL_WEBHOOK_SECRET"):
        anymail(ANYMAIL_WEBHOOK_SECRET=text)


def test_our_own_address_is_part_of_what_mandrill_signs() -> None:
    assert anymail()["MANDRILL_WEBHOOK_URL"] == "https://api.example.com/hooks/mail/mandrill/"
