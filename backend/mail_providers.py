"""Which mail providers there are, and what each must be given in the environment to send and to tell us what became."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from backend.api.json_type import Json
from backend.environment import long_secret

PREFIX = "ANYMAIL_"
# Where a provider signs nothing, it must log in to our webhook.
BASIC_AUTH = "ANYMAIL_WEBHOOK_SECRET"
NO_HOOKS = "none"
# Seconds to connect, and to wait for an answer; a copy on its way is held for a quarter of an hour.
TIMEOUTS = (10, 60)


@dataclass(frozen=True)
class MailProvider:
    """The variables it needs; `hook_keys` empty: it has no webhooks. `library` is in requirements/providers.txt."""

    credentials: tuple[str, ...]
    hook_keys: tuple[str, ...]
    library: str = ""
    hook_library: str = ""


# What each signs with was read in anymail's views of its webhooks; anymail itself would do without most of these keys.
PROVIDERS = {
    "amazon_ses": MailProvider(
        ("AWS_DEFAULT_REGION",), (BASIC_AUTH, "SNS_TOPIC_ARNS"), library="boto3", hook_library="boto3"
    ),
    "brevo": MailProvider(("ANYMAIL_BREVO_API_KEY",), (BASIC_AUTH,)),
    "mailersend": MailProvider(("ANYMAIL_MAILERSEND_API_TOKEN",), ("ANYMAIL_MAILERSEND_SIGNING_SECRET",)),
    "mailgun": MailProvider(("ANYMAIL_MAILGUN_API_KEY",), ("ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY",)),
    "mailjet": MailProvider(("ANYMAIL_MAILJET_API_KEY", "ANYMAIL_MAILJET_SECRET_KEY"), (BASIC_AUTH,)),
    "mailtrap": MailProvider(("ANYMAIL_MAILTRAP_API_TOKEN",), ("ANYMAIL_MAILTRAP_TRACKING_SECRET",)),
    "mandrill": MailProvider(("ANYMAIL_MANDRILL_API_KEY",), ("ANYMAIL_MANDRILL_WEBHOOK_KEY",)),
    "postal": MailProvider(
        ("ANYMAIL_POSTAL_API_KEY", "ANYMAIL_POSTAL_API_URL"), ("ANYMAIL_POSTAL_WEBHOOK_KEY",)
    ),
    "postmark": MailProvider(("ANYMAIL_POSTMARK_SERVER_TOKEN",), (BASIC_AUTH,)),
    "resend": MailProvider(
        ("ANYMAIL_RESEND_API_KEY",), ("ANYMAIL_RESEND_SIGNING_SECRET",), hook_library="svix"
    ),
    "scaleway": MailProvider(("ANYMAIL_SCALEWAY_SECRET_KEY", "ANYMAIL_SCALEWAY_PROJECT_ID"), ()),
    "sparkpost": MailProvider(("ANYMAIL_SPARKPOST_API_KEY",), (BASIC_AUTH,)),
    "unisender_go": MailProvider(
        ("ANYMAIL_UNISENDER_GO_API_KEY", "ANYMAIL_UNISENDER_GO_API_URL"), ("ANYMAIL_UNISENDER_GO_API_KEY",)
    ),
}


def mail_provider(name: str, environment: Mapping[str, str]) -> str:
    """MAIL_PROVIDER, which may be empty, once it is known that all it needs is there."""
    if not name:
        return name
    if name not in PROVIDERS:
        raise ImproperlyConfigured(
            f"MAIL_PROVIDER must be empty or one of {', '.join(PROVIDERS)}, not {name!r}."
        )
    provider = PROVIDERS[name]
    _require(f"MAIL_PROVIDER={name}", provider.credentials, environment)
    _require_library(f"MAIL_PROVIDER={name}", provider.library)
    return name


def mail_hooks(name: str, *, provider: str, environment: Mapping[str, str]) -> str:
    """MAIL_HOOKS: whose webhooks are answered; empty where nobody's are.

    Left empty it is the provider that sends; `none` answers none. To send through a provider's plain SMTP, name it.
    """
    with_hooks = [each for each, kind in PROVIDERS.items() if kind.hook_keys]
    if name == NO_HOOKS or not (name or provider in with_hooks):
        return ""
    hooks = name or provider
    if hooks not in with_hooks:
        raise ImproperlyConfigured(
            f"MAIL_HOOKS must be empty, {NO_HOOKS} or one of {', '.join(with_hooks)}, not {hooks!r}."
        )
    what = f"MAIL_HOOKS={hooks}" if name else f"MAIL_PROVIDER={hooks} without MAIL_HOOKS={NO_HOOKS}"
    _require(what, PROVIDERS[hooks].hook_keys, environment)
    _require_library(what, PROVIDERS[hooks].hook_library)
    return hooks


def anymail_settings(environment: Mapping[str, str], *, public_base_url: str) -> dict[str, Any]:
    """Every ANYMAIL_… variable without its prefix, and what we hold to whatever they say."""
    # Any: each value has the type that anymail expects under its name.
    given: dict[str, Any] = {
        name.removeprefix(PREFIX): _value(name, text)
        for name, text in environment.items()
        if name.startswith(PREFIX) and text
    }
    if secrets := given.get("WEBHOOK_SECRET"):
        given["WEBHOOK_SECRET"] = _logins(secrets)
    # Nobody's reading is watched. Where a provider cannot be told so by mail, it must be in its own settings.
    unwatched = {"track_opens": False, "track_clicks": False}
    defaults = {name: value for name, value in given.items() if name.endswith("SEND_DEFAULTS")}
    client = given.get("AMAZON_SES_CLIENT_PARAMS", {})
    return {
        **given,
        "REQUESTS_TIMEOUT": TIMEOUTS,
        **{name: value | unwatched for name, value in {"SEND_DEFAULTS": {}, **defaults}.items()},
        # That is all that a provider may pass over; the tests hold each of them to the rest.
        "IGNORE_UNSUPPORTED_FEATURES": True,
        # A mailbox that a provider refuses is not one that it took.
        "IGNORE_RECIPIENT_STATUS": False,
        # It would print keys and addresses.
        "DEBUG_API_REQUESTS": False,
        # boto3 would try up to five times, whatever became of the first.
        "AMAZON_SES_CLIENT_PARAMS": {
            **client,
            "config": {
                **client.get("config", {}),
                "retries": {"total_max_attempts": 1},
                "connect_timeout": TIMEOUTS[0],
                "read_timeout": TIMEOUTS[1],
            },
        },
        # newsletter/feedback/sns.py confirms, after it has looked at more than anymail does.
        "AMAZON_SES_AUTO_CONFIRM_SNS_SUBSCRIPTIONS": False,
        # Mandrill signs the address too, which behind a proxy looks different.
        "MANDRILL_WEBHOOK_URL": f"{public_base_url}/hooks/mail/mandrill/",
    }


def _require(what: str, names: tuple[str, ...], environment: Mapping[str, str]) -> None:
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise ImproperlyConfigured(f"{what} needs {' and '.join(missing)}.")
    # They go into headers; none is quoted, for they are secrets.
    for name in names:
        if not (environment[name].isascii() and environment[name].isprintable()):
            raise ImproperlyConfigured(f"{name} must be printable ASCII on one line.")


def _require_library(what: str, library: str) -> None:
    if library and find_spec(library) is None:
        raise ImproperlyConfigured(f"{what} needs {library}: install requirements/providers.txt.")


def _value(name: str, text: str) -> object:
    """Objects, lists, true and false are JSON; all else is the text itself, a number of an API key included."""
    if not text.startswith(("{", "[")) and text not in {"true", "false"}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} begins like JSON, and is none.") from None


def _logins(secrets: object) -> list[str]:
    """One `user:password` or a list of them, so that an old one may work on for a while."""
    logins: list[Json] = secrets if isinstance(secrets, list) else [secrets]
    for login in logins:
        if not isinstance(login, str) or ":" not in login:
            raise ImproperlyConfigured(f'{BASIC_AUTH} must be like "provider:a-long-random-text".')
        long_secret(BASIC_AUTH, login)
    return logins
