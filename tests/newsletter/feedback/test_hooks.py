"""What providers tell, over real requests: only what is signed counts, and it counts once, whenever it comes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.test import Client
from django.urls import resolve
from django.urls.exceptions import Resolver404
from pytest_django.fixtures import Settings

from backend.postgresql.base import DatabaseWrapper
from newsletter.feedback.hooks import hook_urls
from newsletter.models import Consent, Delivery, ProviderEvent, Subscriber, Suppression
from tests.newsletter.feedback.telling import (
    ADA,
    Send,
    a_copy,
    edited,
    reason,
    resigned,
    sender,
    state_now,
    told,
)
from tests.newsletter.hook_calls import (
    BASIC,
    CALLS,
    CERTIFICATE_URL,
    Call,
)  # fmt: skip

pytestmark = [
    pytest.mark.django_db,
]


def everything() -> list[Any]:
    tables = (Subscriber, Suppression, Consent, Delivery, ProviderEvent)
    return [list(table.objects.order_by("pk").values()) for table in tables]


# --- N15 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        pytest.param("delivered", ("active", None, "accepted"), id="delivered"),
        pytest.param("opened", ("active", None, "accepted"), id="opened"),
        pytest.param("soft_bounce", ("active", None, "accepted"), id="mailbox full"),
        pytest.param("hard_bounce", ("unsubscribed", "hard_bounce", "accepted"), id="no such mailbox"),
        pytest.param("complaint", ("unsubscribed", "complaint", "accepted"), id="complaint"),
        pytest.param("rejected", ("unsubscribed", "hard_bounce", "failed"), id="not sent by the provider"),
    ],
)
def test_a_signed_event_does_what_it_says(
    send: Send, provider: str, kind: str, after: tuple[str, str | None, str]
) -> None:
    copy = a_copy()

    response = send(CALLS[provider](told(kind, copy)))

    assert response.status_code == 200
    assert state_now() == after


def test_told_ten_times_it_is_done_once(send: Send, provider: str) -> None:
    call = CALLS[provider](told("hard_bounce", a_copy()))
    send(call)
    once = everything()

    statuses = {send(call).status_code for _ in range(10)}

    assert statuses == {200}
    assert everything() == once
    assert reason() == "hard_bounce"
    assert (ProviderEvent.objects.count(), Consent.objects.count()) == (1, 1)


def with_headers(call: Call, **headers: str) -> Call:
    return Call(call.body, call.headers | {name.replace("_", "-"): value for name, value in headers.items()})


def about_eve(call: Call) -> Call:
    """Another body under the same signature."""
    return Call(call.body.replace(ADA.encode(), b"eve@example.com"), call.headers)


EVES_KEY = generate_private_key(public_exponent=65_537, key_size=2_048)
NO_LOGIN = "Basic ZXZlOjAxMjM0NTY3ODlhYmNkZWY="
FORGERIES = [
    pytest.param("postmark", lambda call: Call(call.body, {}), 401, id="postmark, no login"),
    pytest.param("postmark", lambda call: with_headers(call, Authorization=NO_LOGIN), 403, id="postmark, another login"),
    pytest.param("postmark", lambda call: with_headers(call, Authorization="rubbish"), 403, id="postmark, no such login"),
    pytest.param(
        "mailgun",
        lambda call: Call(call.body.replace(b'"signature": {', b'"none": {'), {}),
        403,
        id="mailgun, no signature",
    ),
    pytest.param(
        "mailgun",
        lambda call: Call(call.body.replace(b'"token": "token-', b'"token": "other-'), {}),
        403,
        id="mailgun, another token",
    ),
    pytest.param("resend", lambda call: Call(call.body, {}), 403, id="resend, no signature"),
    pytest.param("resend", about_eve, 403, id="resend, another body"),
    pytest.param("resend", lambda call: with_headers(call, svix_id="msg_2"), 403, id="resend, another id"),
    pytest.param("resend", lambda call: with_headers(call, svix_timestamp="1762075800"), 403, id="resend, long ago"),
    pytest.param("amazon_ses", lambda call: with_headers(call, Authorization=NO_LOGIN), 403, id="amazon, another login"),
    pytest.param("amazon_ses", about_eve, 403, id="amazon, another body"),
    pytest.param("amazon_ses", lambda call: edited(call, Signature=""), 403, id="amazon, no signature"),
    pytest.param("amazon_ses", lambda call: edited(call, Signature="r ub!"), 403, id="amazon, rubbish"),
    pytest.param("amazon_ses", lambda call: resigned(call, key=EVES_KEY), 403, id="amazon, another key"),
    pytest.param("amazon_ses", lambda call: resigned(call, SignatureVersion="3"), 403, id="amazon, unknown version"),
    pytest.param(
        "amazon_ses",
        lambda call: resigned(call, TopicArn="arn:aws:sns:eu-west-1:999999999999:mail"),
        403,
        id="amazon, somebody else's topic",
    ),
    pytest.param(
        "amazon_ses", lambda call: with_headers(call, x_amz_sns_message_id="sns-2"), 403, id="amazon, another header"
    ),
    *(
        pytest.param(
            "amazon_ses", lambda call, url=url: resigned(call, SigningCertURL=url), 403, id=f"amazon, {name}"
        )
        for name, url in {
            "certificate elsewhere": "https://sns.evil.example/SimpleNotificationService-0123456789abcdef.pem",
            "certificate of another region": CERTIFICATE_URL.replace("eu-west-1", "us-east-1"),
            "certificate by a lookalike": CERTIFICATE_URL.replace(".com/", ".com.evil.example/"),
            "certificate behind a user": CERTIFICATE_URL.replace("https://", "https://eve@"),
            "certificate on a port": CERTIFICATE_URL.replace(".com/", ".com:8443/"),
            "certificate without TLS": CERTIFICATE_URL.replace("https", "http"),
            "certificate on a bucket": CERTIFICATE_URL.replace("https://sns", "https://s3"),
            "certificate at another path": CERTIFICATE_URL.replace("/Simple", "/eve/../Simple"),
            "certificate with a query": f"{CERTIFICATE_URL}?x=.pem",
        }.items()
    ),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "forge", "status"), FORGERIES)
def test_what_is_forged_changes_nothing(
    settings: Settings,
    amazons_certificate: list[str],
    provider: str,
    forge: Callable[[Call], Call],
    status: int,
) -> None:
    send = sender(settings, provider)
    call = CALLS[provider](told("complaint", a_copy()))
    before = everything()

    response = send(forge(call))

    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
    assert everything() == before
    assert set(amazons_certificate) <= {CERTIFICATE_URL}
    assert send(call).status_code == 200
    assert reason() == "complaint"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b'"x"', b"{}", b"[7]", b"\xff", b"null", b"[" * 5_000, b'{"Type": []}']
)
@pytest.mark.parametrize("signed", [True, False])
def test_a_body_that_is_none_is_never_an_error_of_ours(
    settings: Settings, provider: str, body: bytes, signed: bool
) -> None:
    send = sender(settings, provider)
    headers = CALLS[provider](told("complaint")).headers if signed else {}

    response = send(Call(body, headers))

    assert 200 <= response.status_code < 500
    assert not ProviderEvent.objects.exists()


def test_a_login_is_asked_for(settings: Settings) -> None:
    response = sender(settings, "amazon_ses")(Call(b"{}", {}))

    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Basic realm="webhook"')


# --- Trouble ------------------------------------------------------------------------------------


@pytest.fixture
def gone() -> Iterator[Callable[[], None]]:
    """Has the database be gone from then on."""
    before = connections["default"]
    away = DatabaseWrapper({**before.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}, "elsewhere")

    def go() -> None:
        connections["default"] = connections["elsewhere"] = away

    yield go
    connections["default"] = before
    del connections["elsewhere"]
    away.close()
    away.close_pool()


def test_while_the_database_is_away_providers_are_to_tell_it_again(
    settings: Settings, gone: Callable[[], None]
) -> None:
    send, call = sender(settings, "postmark"), CALLS["postmark"](told("complaint", a_copy()))
    gone()

    response = send(call)

    assert (response.status_code, response.json()["code"]) == (503, "unavailable")


def test_a_large_body_is_refused(settings: Settings) -> None:
    response = sender(settings, "postmark")(Call(b" " * 2_600_000, BASIC))

    assert (response.status_code, response.json()["code"]) == (413, "content_too_large")


def test_somebody_is_there(send: Send, provider: str) -> None:
    assert Client().get(f"/hooks/mail/{provider}/").status_code == 200
    assert Client().head(f"/hooks/mail/{provider}/").status_code == 200
    assert Client().put(f"/hooks/mail/{provider}/").status_code == 405


def test_nobodys_hooks_are_there_but_the_providers(settings: Settings) -> None:
    sender(settings, "postmark")

    assert resolve("/hooks/mail/postmark/").url_name == "provider-hook"
    for other in ("mailgun", "brevo", "amazon_ses"):
        with pytest.raises(Resolver404):
            resolve(f"/hooks/mail/{other}/")
    settings.MAIL_HOOKS = ""
    assert hook_urls() == []


def test_a_key_that_cannot_be_read_stops_the_start(settings: Settings) -> None:
    settings.MAIL_HOOKS = "resend"
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": "a"}

    with pytest.raises(ImproperlyConfigured, match="resend"):
        hook_urls()
