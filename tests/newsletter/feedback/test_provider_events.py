"""What an event of a provider does: to the mailbox, to the copy, once and in any order."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent, EventType
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.feedback import provider_events
from newsletter.models import Bounce, Consent, Delivery, Edition, ProviderEvent, Subscriber, Suppression
from newsletter.readers import consent
from newsletter.readers.addresses import address_key
from newsletter.sending.bounces import suppress_single_bounces
from newsletter.sending.editions import pause_where_in_trouble
from newsletter.sending.sender import send as send_edition
from newsletter.tasks import tick
from newsletter.transport.mailer import BackendMailer
from tests.database import at_once
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory, SubscriberFactory
from tests.newsletter.fake_provider import answering
from tests.newsletter.feedback.telling import (
    ADA,
    MESSAGE_ID,
    Send,
    a_copy,
    edited,
    reason,
    sender,
    state_now,
    told,
)
from tests.newsletter.hook_calls import CALLS, Call, Told

pytestmark = [
    pytest.mark.django_db,
]


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
    assert (reason(), Subscriber.objects.get().status) == ("hard_bounce", "unsubscribed")


def test_a_reply_by_a_machine_says_nothing_of_the_reader(settings: Settings) -> None:
    copy = a_copy()

    sender(settings, "postmark")(CALLS["postmark"](told("auto_reply", copy)))

    assert state_now() == ("active", None, "accepted")
    assert ProviderEvent.objects.get().kind == "auto_reply"


@pytest.mark.parametrize("provider", ["amazon_ses", "mailgun", "resend"])
def test_without_metadata_the_message_id_tells_which_copy(settings: Settings, provider: str) -> None:
    copy = a_copy()

    sender(settings, provider)(CALLS[provider](Told("soft_bounce", message_id=MESSAGE_ID)))

    assert ProviderEvent.objects.get().delivery == copy


def test_the_message_id_of_a_days_mail_names_its_copy_too(settings: Settings) -> None:
    message_id = MESSAGE_ID.replace("2026-W45", "2026-11-28")
    copy = a_copy(message_id=message_id)

    sender(settings, "mailgun")(CALLS["mailgun"](Told("soft_bounce", message_id=message_id)))

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
    assert (reason(), copy.address, copy.subscriber) == ("hard_bounce", "", None)
    assert not Subscriber.objects.exists()
    assert (ProviderEvent.objects.get().detail, copy.detail) == ("", "")


@pytest.mark.parametrize("kind", ["hard_bounce", "unsubscribe", "complaint"])
def test_an_event_that_is_older_than_a_confirmation_ends_nothing(settings: Settings, kind: str) -> None:
    copy = a_copy()
    Subscriber.objects.update(confirmed_at=NOW)

    sender(settings, "postmark")(CALLS["postmark"](told(kind, copy, at=NOW - timedelta(days=1))))

    assert reason() is None
    assert Subscriber.objects.get().status == "active"
    assert ProviderEvent.objects.get().kind == kind


def test_whoever_unsubscribes_at_the_provider_is_unsubscribed(settings: Settings) -> None:
    copy = a_copy()

    sender(settings, "postmark")(CALLS["postmark"](told("unsubscribe", copy)))

    assert state_now() == ("unsubscribed", "unsubscribe", "accepted")
    assert Consent.objects.values_list("action", "source").get() == ("unsubscribed", "provider")


def test_whoever_subscribes_at_the_provider_is_not_subscribed_here(settings: Settings) -> None:
    copy = a_copy()
    consent.unsubscribe(subscriber=Subscriber.objects.get(), source="page", now=NOW)

    sender(settings, "postmark")(CALLS["postmark"](told("resubscribe", copy)))

    assert state_now() == ("unsubscribed", "unsubscribe", "accepted")


# Resend passes the server's words on in no place that is documented.
@pytest.mark.parametrize("provider", ["amazon_ses", "mailgun", "postmark"])
def test_a_server_that_refuses_us_on_principle_says_nothing_of_the_mailbox(
    settings: Settings, provider: str
) -> None:
    a_copy()

    sender(settings, provider)(
        CALLS[provider](told("hard_bounce", words="550 5.7.515 Access denied, no DMARC"))
    )

    assert (ProviderEvent.objects.get().kind, reason()) == ("soft_bounce", None)


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
        backend = "anymail.backends.postmark.EmailBackend"
        send_edition(edition.pk, new_mailer=lambda: BackendMailer(backend), until=time.monotonic() + 5)
    assert Delivery.objects.get().state == "uncertain"
    [mail] = provider.requests

    told_of = Told("delivered", address=mail["To"], delivery=mail["Metadata"]["delivery"])
    send(CALLS["postmark"](told_of))

    copy = Delivery.objects.get()
    assert (copy.state, copy.code) == ("accepted", "evidence")


@pytest.mark.django_db(transaction=True)
def test_told_at_once_by_many_it_is_done_once(settings: Settings) -> None:
    copy = a_copy("uncertain")
    send, call = sender(settings, "postmark"), CALLS["postmark"](told("hard_bounce", copy))

    errors = at_once(*[lambda: send(call) for _ in range(8)])

    assert errors == [None] * 8
    assert state_now() == ("unsubscribed", "hard_bounce", "accepted")
    assert (ProviderEvent.objects.count(), Consent.objects.count()) == (1, 1)


@pytest.mark.parametrize(("days", "events"), [(399, 1), (401, 0)])
def test_old_events_are_forgotten(settings: Settings, days: int, events: int) -> None:
    sender(settings, "postmark")(CALLS["postmark"](told("soft_bounce", a_copy())))

    provider_events.purge_expired(now=NOW + timedelta(days=days))

    assert ProviderEvent.objects.count() == events


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "1970-01-01T00:00:00Z",
        "-infinity",
        "NaN",
        "",
    ],
)
def test_an_event_of_a_time_that_cannot_be_is_a_new_one(settings: Settings, text: str) -> None:
    """An earlier one would be read as older than the reader's confirmation; and some years the database can't give back."""
    call = CALLS["postmark"](told("complaint", a_copy()))

    answer = sender(settings, "postmark")(edited(call, BouncedAt=text))

    event = ProviderEvent.objects.get()
    assert (answer.status_code, event.is_applied, reason()) == (200, True, "complaint")
    assert timezone.now() - event.happened_at < timedelta(minutes=5)


@pytest.mark.parametrize(
    "stamp", ["NaN", "Infinity", "-Infinity", "1e18", "-1e18", "null", '"\\ud800"', "[]"]
)
def test_a_number_that_is_no_time_is_refused_or_new_and_never_an_error_of_ours(
    settings: Settings, stamp: str
) -> None:
    call = CALLS["mailgun"](told("complaint", a_copy()))
    at = json.dumps(json.loads(call.body)["event-data"]["timestamp"])
    body = call.body.decode().replace(f'"timestamp": {at}', f'"timestamp": {stamp}')

    answer = sender(settings, "mailgun")(Call(body.encode(), call.headers))

    assert stamp in body
    assert answer.status_code in {200, 400}
    assert provider_events.apply_waiting(now=timezone.now(), seconds=60) == 0


# --- Many at once -----------------------------------------------------------------------------


def bounced(number: int, edition: Edition, *, kind: EventType = EventType.BOUNCED) -> AnymailTrackingEvent:
    """What Postmark tells of one more copy of the edition."""
    copy = DeliveryFactory(edition=edition, segment=edition.segments.get(), state="accepted", accepted_at=NOW)
    assert copy.subscriber
    return AnymailTrackingEvent(
        event_type=kind,
        event_id=f"{kind}-{number}",
        timestamp=timezone.now(),
        recipient=copy.subscriber.address,
        metadata={"delivery": str(copy.pk)},
        esp_event={"Type": "HardBounce"},
    )


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may not get through all events in the second that a request has."""
    monkeypatch.setattr(provider_events, "SECONDS_IN_REQUEST", 60)


@pytest.fixture
def edition() -> Edition:
    made: Edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=300)
    SegmentFactory(edition=made)
    return made


def test_thousands_of_events_in_one_body_are_kept_by_batches_and_applied_by_the_clock(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    events = [bounced(number, edition) for number in range(30)]
    monkeypatch.setattr(provider_events, "BATCH", 10)
    monkeypatch.setattr(provider_events, "SECONDS_IN_REQUEST", -1)

    # The copies and the events of each of three batches, and what waits.
    with django_assert_num_queries(7):
        provider_events.take(events, provider="postmark", now=timezone.now())
    kept = ProviderEvent.objects.filter(is_applied=False).count()
    # The provider tells it once more.
    provider_events.take(events, provider="postmark", now=timezone.now())

    assert (kept, ProviderEvent.objects.count()) == (30, 30)
    assert not Bounce.objects.exists()
    assert provider_events.apply_waiting(now=timezone.now(), seconds=60) == 30
    assert Bounce.objects.count() == 30
    assert provider_events.apply_waiting(now=timezone.now(), seconds=60) == 0


def test_five_thousand_events_in_one_body_cost_two_queries_for_five_hundred_and_hold_no_thread(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    """A second after they are kept the request is over, however few were applied; here none is."""
    monkeypatch.setattr(provider_events, "SECONDS_IN_REQUEST", -1)
    one = bounced(0, edition)
    events = [replaced(one, event_id=f"event-{number}") for number in range(5_000)]

    # The copies and the events of each of ten batches, and what waits.
    with django_assert_num_queries(21):
        provider_events.take(events, provider="postmark", now=timezone.now())

    assert ProviderEvent.objects.filter(is_applied=False).count() == 5_000
    assert not Bounce.objects.exists()


@pytest.mark.usefixtures("unhurried")
def test_bounces_that_a_provider_tells_in_a_burst_pause_the_edition_and_end_no_subscription(
    settings: Settings, edition: Edition
) -> None:
    settings.SENDING_BOUNCE_SECONDS = 0
    events = [bounced(number, edition) for number in range(21)]

    provider_events.take(events, provider="postmark", now=timezone.now())
    pause_where_in_trouble()
    suppress_single_bounces(now=timezone.now())

    edition.refresh_from_db()
    assert edition.state == "paused"
    assert not Suppression.objects.exists()


@pytest.mark.usefixtures("unhurried")
def test_many_complaints_about_one_copy_are_one_and_those_about_many_pause(edition: Edition) -> None:
    one = bounced(0, edition, kind=EventType.COMPLAINED)
    again = [replaced(one, event_id=f"again-{number}") for number in range(30)]
    provider_events.take([one, *again], provider="postmark", now=timezone.now())
    counted = edition.health.complaints

    many = [bounced(number, edition, kind=EventType.COMPLAINED) for number in range(1, 10)]
    provider_events.take(many, provider="postmark", now=timezone.now())
    pause_where_in_trouble()

    edition.refresh_from_db()
    assert (counted, edition.health.complaints) == (1, 10)
    assert (edition.state, edition.state_reason) == ("paused", "The readers of 10 copies complained.")


def replaced(event: AnymailTrackingEvent, **values: object) -> AnymailTrackingEvent:
    return AnymailTrackingEvent(**{**event.__dict__, **values})


# --- Beside what the reader does ----------------------------------------------------------------


def apply_waiting() -> None:
    provider_events.apply_waiting(now=timezone.now(), seconds=5)


def a_complaint_waits() -> None:
    copy = a_copy()
    ProviderEvent.objects.create(
        key=b"e" * 32, provider="p", kind="complaint", delivery=copy, address_key=address_key(ADA),
        suppresses_as="complaint", is_applied=False, happened_at=NOW, created_at=NOW,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_confirms_just_now_stays() -> None:
    a_complaint_waits()

    with transaction.atomic():
        Subscriber.objects.update(confirmed_at=NOW + timedelta(days=1))
        assert at_once(apply_waiting) == [None]
    apply_waiting()

    assert ProviderEvent.objects.get().is_applied
    assert (Subscriber.objects.get().status, reason()) == ("active", None)


@pytest.mark.django_db(transaction=True)
def test_an_event_holds_up_no_erasure_and_the_other_way_round() -> None:
    a_complaint_waits()

    with transaction.atomic():
        reader = Subscriber.objects.select_for_update().get()
        assert at_once(apply_waiting) == [None]
        consent.erase(subscriber=reader, source="api", now=timezone.now())
    apply_waiting()

    assert not Subscriber.objects.exists()
    assert ProviderEvent.objects.get().is_applied
