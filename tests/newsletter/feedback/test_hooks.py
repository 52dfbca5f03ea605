"""What providers tell, over real requests: only what is signed counts, and it counts once, whenever it comes."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import requests
import time_machine
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from django.urls import resolve
from django.urls.exceptions import Resolver404
from pytest_django.fixtures import Settings

from backend import urls
from backend.mail_providers import anymail_settings
from newsletter.feedback import provider_events, sns
from newsletter.feedback.hooks import hook_urls
from newsletter.models import Consent, Delivery, ProviderEvent, Subscriber, Suppression
from newsletter.readers import consent
from newsletter.readers.addresses import address_key
from newsletter.sending.sender import Sender
from newsletter.tasks import tick
from newsletter.transport.smtp import Server
from tests.database import at_once
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory, SubscriberFactory
from tests.newsletter.fake_provider import answering
from tests.newsletter.hook_calls import (
    BASIC,
    CALLS,
    CERTIFICATE_URL,
    TOPIC,
    VARIABLES,
    Call,
    Told,
    certificate,
)  # fmt: skip
from tests.newsletter.hook_calls import (
    sns as sns_call,
)

ADA = "ada@example.com"
COPY = UUID("01234567-89ab-cdef-0123-456789abcdef")
MESSAGE_ID = f"<2026-W45.{COPY.hex}@mail.example.com>"
Send = Callable[[Call], Any]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid"),
]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False) as coordinates:
        yield coordinates


@pytest.fixture(autouse=True)
def amazons_certificate(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Amazon's own host, which alone is not in the house; the addresses that were asked for."""
    asked: list[str] = []

    def get(address: str, **options: Any) -> requests.Response:
        assert options["allow_redirects"] is False
        assert options["timeout"]
        asked.append(address)
        response = requests.Response()
        response.status_code = 200 if address == CERTIFICATE_URL or "ConfirmSubscription" in address else 404
        response.raw = Raw(certificate())
        return response

    monkeypatch.setattr(requests, "get", get)
    sns._key_at.cache_clear()
    yield asked
    sns._key_at.cache_clear()


class Raw:
    """The part of a response of urllib3 that is read."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def read(self, amount: int, *, decode_content: bool) -> bytes:
        return self.body[:amount]

    def close(self) -> None: ...

    def release_conn(self) -> None: ...


@pytest.fixture(params=CALLS)
def provider(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def send(settings: Settings, provider: str) -> Send:
    return sender(settings, provider)


def sender(settings: Settings, provider: str) -> Send:
    """Whoever posts to the provider's address, from a browser that would be asked for a CSRF token."""
    settings.MAIL_HOOKS, settings.SNS_TOPIC_ARNS = provider, [TOPIC]
    settings.ANYMAIL = anymail_settings(VARIABLES[provider], public_base_url="https://api.example.com")
    settings.ROOT_URLCONF = (*urls.urlpatterns, *hook_urls())

    def post(call: Call) -> Any:
        client = Client(enforce_csrf_checks=True, headers=call.headers)
        return client.post(f"/hooks/mail/{provider}/", call.body, content_type="application/json")

    return post


def a_copy(state: str = "accepted", **fields: Any) -> Delivery:
    subscriber = Subscriber.objects.filter(address=ADA).first() or SubscriberFactory(address=ADA)
    # They confirmed long before.
    Subscriber.objects.update(confirmed_at=NOW - timedelta(days=30))
    times = {"accepted": {"accepted_at": NOW}, "uncertain": {"uncertain_at": NOW}}
    held = {"lease_until": NOW + timedelta(days=9)} if state in {"claimed", "sending"} else {}
    edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=1)
    copy: Delivery = DeliveryFactory(
        edition=edition,
        segment=SegmentFactory(edition=edition),
        subscriber=subscriber,
        state=state,
        **{"id": COPY, "message_id": MESSAGE_ID, **times.get(state, {}), **held, **fields},
    )
    return copy


def told(kind: str, copy: Delivery | None = None, **more: Any) -> Told:
    return Told(kind, delivery=str(copy.pk) if copy else "", **more)


def reason() -> str | None:
    return Suppression.objects.filter(address_key=address_key(ADA)).values_list("reason", flat=True).first()


def state_now() -> tuple[str, str | None, str]:
    """Of the subscriber, of the mailbox, of the copy."""
    return (Subscriber.objects.get().status, reason(), Delivery.objects.get().state)


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
    assert (ProviderEvent.objects.count(), Consent.objects.count()) == (1, 1)


def with_headers(call: Call, **headers: str) -> Call:
    return Call(call.body, call.headers | {name.replace("_", "-"): value for name, value in headers.items()})


def about_eve(call: Call) -> Call:
    """Another body under the same signature."""
    return Call(call.body.replace(ADA.encode(), b"eve@example.com"), call.headers)


def edited(call: Call, **values: str) -> Call:
    return Call(json.dumps(json.loads(call.body) | values).encode(), call.headers)


def resigned(call: Call, **options: Any) -> Call:
    """A message of SNS with other values, and a signature over them."""
    message = json.loads(call.body)
    del message["Signature"]
    return sns_call(**(message | options))


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
    pytest.param("sendgrid", lambda call: Call(call.body, {}), 403, id="sendgrid, no signature"),
    pytest.param("sendgrid", about_eve, 403, id="sendgrid, another body"),
    pytest.param(
        "sendgrid",
        lambda call: with_headers(call, X_Twilio_Email_Event_Webhook_Signature="rubbish!"),
        403,
        id="sendgrid, rubbish",
    ),
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


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_the_order_of_events_makes_no_difference(send: Send, provider: str, order: tuple[int, ...]) -> None:
    copy = a_copy()
    kinds = ["delivered", "hard_bounce", "complaint"]
    calls = [
        CALLS[provider](told(kind, copy, event_id=str(number), at=NOW + timedelta(minutes=number)))
        for number, kind in enumerate(kinds)
    ]

    for number in order:
        send(calls[number])

    assert state_now() == ("unsubscribed", "complaint", "accepted")
    assert set(ProviderEvent.objects.values_list("kind", flat=True)) == {"hard_bounce", "complaint"}


def test_an_event_of_a_mail_that_we_do_not_know_still_counts_for_the_mailbox(
    send: Send, provider: str
) -> None:
    SubscriberFactory(address=ADA, confirmed_at=NOW - timedelta(days=30))
    unknown = Told("hard_bounce", delivery="0192d5c2-7b7e-7c2a-a5a5-0123456789ab")

    assert send(CALLS[provider](unknown)).status_code == 200

    event = ProviderEvent.objects.get()
    assert (event.delivery, event.address_key) == (None, address_key(ADA))
    assert (Subscriber.objects.get().status, reason()) == ("unsubscribed", "hard_bounce")


def test_a_reply_by_a_machine_says_nothing_of_the_reader(settings: Settings) -> None:
    copy = a_copy()

    sender(settings, "postmark")(CALLS["postmark"](told("auto_reply", copy)))

    assert state_now() == ("active", None, "accepted")
    assert ProviderEvent.objects.get().kind == "auto_reply"


# --- Whom and what an event is about ------------------------------------------------------------


@pytest.mark.parametrize("provider", ["amazon_ses", "mailgun", "resend", "sendgrid"])
def test_without_metadata_the_message_id_tells_which_copy(settings: Settings, provider: str) -> None:
    copy = a_copy()

    sender(settings, provider)(CALLS[provider](Told("soft_bounce", message_id=MESSAGE_ID)))

    assert ProviderEvent.objects.get().delivery == copy


def test_a_mailbox_is_the_same_in_every_spelling(settings: Settings) -> None:
    a_copy()

    sender(settings, "postmark")(CALLS["postmark"](told("complaint", address="ADA@Example.com")))

    assert reason() == "complaint"


@pytest.mark.parametrize("address", ["", "nobody", "ada@example.com\x00", "ünsendable@example.com"])
def test_without_a_readable_address_the_copy_tells_the_mailbox(settings: Settings, address: str) -> None:
    copy = a_copy()

    sender(settings, "postmark")(CALLS["postmark"](told("complaint", copy, address=address)))

    assert reason() == "complaint"


def test_nothing_that_is_kept_names_the_address(send: Send, provider: str) -> None:
    send(CALLS[provider](told("hard_bounce", a_copy(), words="550 5.1.1 <ada@example.com>: gone\x00")))

    event = ProviderEvent.objects.get()
    assert "ada" not in event.detail
    assert event.detail.isprintable()


def test_an_erased_reader_stays_erased_and_only_the_key_grows_stronger(send: Send, provider: str) -> None:
    copy = a_copy()
    consent.erase(subscriber=Subscriber.objects.get(), source="page", now=NOW)

    assert send(CALLS[provider](told("hard_bounce", copy))).status_code == 200

    copy.refresh_from_db()
    assert (copy.address, copy.subscriber, reason()) == ("", None, "hard_bounce")
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("kind", "suppressed"), [("hard_bounce", None), ("unsubscribe", None), ("complaint", "complaint")]
)
def test_an_old_event_does_not_undo_that_a_reader_came_back(
    settings: Settings, kind: str, suppressed: str | None
) -> None:
    copy = a_copy()
    Subscriber.objects.update(confirmed_at=NOW)

    sender(settings, "postmark")(CALLS["postmark"](told(kind, copy, at=NOW - timedelta(days=1))))

    assert reason() == suppressed
    assert ProviderEvent.objects.get().kind == kind


def test_whoever_unsubscribes_at_the_provider_is_unsubscribed(settings: Settings) -> None:
    copy = a_copy()

    sender(settings, "postmark")(CALLS["postmark"](told("unsubscribe", copy)))

    assert state_now() == ("unsubscribed", "unsubscribe", "accepted")
    assert Consent.objects.values_list("deed", "source").get() == ("unsubscribed", "provider")


def test_whoever_subscribes_at_the_provider_is_not_subscribed_here(settings: Settings) -> None:
    copy = a_copy()
    consent.unsubscribe(subscriber=Subscriber.objects.get(), source="page", now=NOW)

    sender(settings, "postmark")(CALLS["postmark"](told("resubscribe", copy)))

    assert state_now() == ("unsubscribed", "unsubscribe", "accepted")


# Resend passes the server's words on in no place that is documented.
@pytest.mark.parametrize("provider", ["amazon_ses", "mailgun", "postmark", "sendgrid"])
def test_a_server_that_refuses_us_on_principle_says_nothing_of_the_mailbox(
    settings: Settings, provider: str
) -> None:
    a_copy()

    sender(settings, provider)(
        CALLS[provider](told("hard_bounce", words="550 5.7.515 Access denied, no DMARC"))
    )

    assert (ProviderEvent.objects.get().kind, reason()) == ("soft_bounce", None)


# --- Copies in doubt ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["delivered", "opened", "soft_bounce", "hard_bounce", "complaint"])
def test_whatever_became_of_a_mail_in_doubt_it_was_sent(send: Send, provider: str, kind: str) -> None:
    copy = a_copy("uncertain")

    send(CALLS[provider](told(kind, copy)))

    copy.refresh_from_db()
    assert (copy.state, copy.code, copy.detail) == ("accepted", "evidence", f"Resolved by {provider}.")


def test_what_is_told_before_there_is_a_doubt_settles_it_later(
    send: Send, provider: str, settings: Settings
) -> None:
    copy = a_copy("sending")
    send(CALLS[provider](told("delivered", copy)))
    Delivery.objects.update(state="uncertain", lease_until=None, uncertain_at=NOW)

    settings.SENDING_ENABLED = False
    tick()

    copy.refresh_from_db()
    assert (copy.state, provider_events.settle()) == ("accepted", 0)


@pytest.mark.parametrize(
    ("state", "after"),
    [
        ("accepted", "failed"),
        ("uncertain", "failed"),
        ("sending", "failed"),
        ("pending", "pending"),
        ("claimed", "claimed"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
    ],
)
def test_what_the_provider_did_not_send_has_failed(send: Send, provider: str, state: str, after: str) -> None:
    copy = a_copy(state)

    send(CALLS[provider](told("rejected", copy)))

    copy.refresh_from_db()
    assert copy.state == after
    if state != after:
        assert (copy.code, copy.accepted_at, copy.fence) == ("rejected", None, 1)
        assert copy.detail.startswith(f"Not sent by {provider}: ")


def test_that_a_mail_was_taken_does_not_undo_that_it_was_not_sent(send: Send, provider: str) -> None:
    copy = a_copy()
    send(CALLS[provider](told("rejected", copy)))

    send(CALLS[provider](told("delivered", copy, event_id="2")))

    copy.refresh_from_db()
    assert copy.state == "failed"


@pytest.mark.django_db(transaction=True)
def test_an_edition_that_got_no_answer_is_settled_by_what_the_provider_tells(settings: Settings) -> None:
    """From sending to the webhook: the provider has the mail, and its answer is lost."""
    edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=1)
    subscriber = SubscriberFactory(address="cut-off@example.com", confirmed_at=NOW - timedelta(days=30))
    DeliveryFactory(edition=edition, segment=SegmentFactory(edition=edition), subscriber=subscriber)
    send = sender(settings, "postmark")
    with answering() as provider:
        settings.ANYMAIL |= {"POSTMARK_SERVER_TOKEN": "a-token", "POSTMARK_API_URL": provider.url}
        Sender(edition.pk, server=Server.from_settings(), provider="postmark").run(until=time.monotonic() + 5)
    assert Delivery.objects.get().state == "uncertain"
    [mail] = provider.requests

    told_of = Told("delivered", address=mail["To"], delivery=mail["Metadata"]["delivery"])
    send(CALLS["postmark"](told_of))

    copy = Delivery.objects.get()
    assert (copy.state, copy.code) == ("accepted", "evidence")


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


@pytest.mark.django_db(transaction=True)
def test_told_at_once_by_many_it_is_done_once(settings: Settings) -> None:
    copy = a_copy("uncertain")
    send, call = sender(settings, "postmark"), CALLS["postmark"](told("hard_bounce", copy))

    errors = at_once(*[lambda: send(call) for _ in range(8)])

    assert errors == [None] * 8
    assert (ProviderEvent.objects.count(), Consent.objects.count()) == (1, 1)
    assert state_now() == ("unsubscribed", "hard_bounce", "accepted")


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
    settings.MAIL_HOOKS = "sendgrid"
    settings.ANYMAIL = {"SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": "rubbish"}

    with pytest.raises(ImproperlyConfigured, match="sendgrid"):
        hook_urls()


@pytest.mark.parametrize(("days", "events"), [(399, 1), (401, 0)])
def test_old_events_are_forgotten(settings: Settings, days: int, events: int) -> None:
    sender(settings, "postmark")(CALLS["postmark"](told("soft_bounce", a_copy())))

    provider_events.forget(now=NOW + timedelta(days=days))

    assert ProviderEvent.objects.count() == events


# --- Amazon SNS ---------------------------------------------------------------------------------


class TestSns:
    @pytest.fixture
    def send(self, settings: Settings) -> Send:
        return sender(settings, "amazon_ses")

    def subscription(self, address: str) -> Call:
        return sns_call(
            Type="SubscriptionConfirmation",
            MessageId="sns-1",
            Message="You have chosen to subscribe.",
            SubscribeURL=address,
            Token="a-token",
            Timestamp=NOW.isoformat(),
        )

    def test_a_subscription_to_our_topic_is_confirmed(
        self, send: Send, amazons_certificate: list[str]
    ) -> None:
        address = (
            f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=a-token"
        )

        assert send(self.subscription(address)).status_code == 200

        assert amazons_certificate == [CERTIFICATE_URL, address]

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/?Action=ConfirmSubscription",
            "https://sns.eu-west-1.amazonaws.com.evil.example/?Action=ConfirmSubscription",
            "https://sns.eu-west-1.amazonaws.com@evil.example/?Action=ConfirmSubscription",
            "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription",
            "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
            "https://sns.eu-west-1.amazonaws.com/?Action=Publish",
            "https://sns.eu-west-1.amazonaws.com:8443/?Action=ConfirmSubscription",
            "http://169.254.169.254/?Action=ConfirmSubscription",
        ],
    )
    def test_nothing_else_is_fetched(self, send: Send, amazons_certificate: list[str], address: str) -> None:
        assert send(self.subscription(address)).status_code == 403

        assert amazons_certificate == [CERTIFICATE_URL]

    @pytest.mark.parametrize("version", ["1", "2"])
    def test_both_versions_of_signatures_are_known(self, send: Send, version: str) -> None:
        call = CALLS["amazon_ses"](told("complaint", a_copy()))

        assert send(resigned(call, SignatureVersion=version)).status_code == 200
        assert reason() == "complaint"

    def test_a_subject_is_signed_too(self, send: Send) -> None:
        call = resigned(CALLS["amazon_ses"](told("complaint", a_copy())), Subject="Amazon SES")

        assert send(edited(call, Subject="Another")).status_code == 403
        assert send(call).status_code == 200

    def test_a_certificate_is_fetched_once(self, send: Send, amazons_certificate: list[str]) -> None:
        for number in range(3):
            send(CALLS["amazon_ses"](told("soft_bounce", event_id=str(number))))

        assert amazons_certificate == [CERTIFICATE_URL]

    def test_amazon_that_cannot_be_asked_is_to_send_it_again(
        self, send: Send, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call = CALLS["amazon_ses"](told("complaint", a_copy()))
        with monkeypatch.context() as patch:
            patch.setattr(requests, "get", no_network)
            assert send(call).status_code == 503

        assert send(call).status_code == 200
        assert reason() == "complaint"

    def test_the_end_of_a_subscription_is_heard(self, send: Send) -> None:
        call = sns_call(
            Type="UnsubscribeConfirmation",
            MessageId="sns-1",
            Message="You have chosen to end it.",
            SubscribeURL="https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
            Token="a-token",
            Timestamp=NOW.isoformat(),
        )

        assert send(call).status_code == 200


def no_network(*_: Any, **__: Any) -> None:
    raise requests.ConnectTimeout
