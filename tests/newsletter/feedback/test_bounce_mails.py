"""What a mail that came back does: by the rules for providers' events, once, and to nobody else."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.feedback.bounce_mails import receive
from newsletter.feedback.provider_events import apply_waiting
from newsletter.models import Bounce, Consent, Delivery, ProviderEvent, Subscriber, Suppression
from newsletter.readers import suppressions
from newsletter.sending.editions import pause_where_in_trouble
from newsletter.transport.return_addresses import copy_return_path, reader_return_path, unsubscribe_address
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory, SubscriberFactory
from tests.newsletter.feedback import returned_mails
from tests.newsletter.feedback.telling import ADA, a_copy, state_now

pytestmark = pytest.mark.django_db

# The mails were written in the morning of that day.
LATER = NOW.replace(year=2026, month=11, day=24, hour=12)
Mail = Callable[[str], bytes]


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.com"
    settings.UNSUBSCRIBE_ADDRESS = "unsubscribe@example.com"
    # By the database's clock, which no test holds, everything here has been held for long.
    settings.SENDING_BOUNCE_SECONDS = 0


def return_path(copy: Delivery) -> str:
    return copy_return_path(copy.pk, now=LATER)


@pytest.mark.parametrize(
    ("mail", "state"),
    [
        (returned_mails.postfix, ("unsubscribed", "hard_bounce", "accepted")),
        (returned_mails.exchange, ("unsubscribed", "hard_bounce", "accepted")),
        (returned_mails.complaint, ("unsubscribed", "complaint", "accepted")),
        (returned_mails.full_mailbox, ("active", None, "accepted")),
        (returned_mails.delayed, ("active", None, "accepted")),
        (returned_mails.out_of_office, ("active", None, "accepted")),
        (returned_mails.by_a_person, ("active", None, "accepted")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bounce_ends_a_subscription_only_where_the_mailbox_is_gone_or_its_reader_complains(
    mail: Mail, state: tuple[str, str | None, str]
) -> None:
    receive(mail(return_path(a_copy())), now=LATER)

    assert state_now() == state


def test_a_complaint_that_names_the_address_to_leave_by_unsubscribes_and_blocks_nobody() -> None:
    """It stands in the headers of a mail, which may be forwarded; and some hosts send their users' complaints there."""
    copy = a_copy()
    assert copy.subscriber_id

    assert receive(returned_mails.complaint(unsubscribe_address(copy.subscriber_id)), now=LATER)

    assert state_now() == ("unsubscribed", "unsubscribe", "accepted")
    assert not ProviderEvent.objects.exists()


def test_a_bounce_to_the_address_to_leave_by_does_nothing() -> None:
    copy = a_copy()
    assert copy.subscriber_id

    assert receive(returned_mails.postfix(unsubscribe_address(copy.subscriber_id)), now=LATER) is False

    assert state_now() == ("active", None, "accepted")


def test_the_same_mail_again_changes_nothing() -> None:
    mail = returned_mails.postfix(return_path(a_copy()))

    taken = [receive(mail, now=LATER + timedelta(minutes=minutes)) for minutes in range(3)]

    assert taken == [True, True, True]
    assert (ProviderEvent.objects.count(), Bounce.objects.count()) == (1, 1)


def test_many_bounces_of_one_copy_count_once_so_that_no_reader_can_pause_the_edition() -> None:
    copy = a_copy()

    for number in range(40):
        mail = returned_mails.full_mailbox(return_path(copy))
        receive(mail.replace(b"report@mx", f"{number}@mx".encode()), now=LATER)
    pause_where_in_trouble()

    copy.edition.refresh_from_db()
    assert (copy.edition.state, copy.edition.health.failed) == ("sending", 1)


def test_a_burst_of_bounces_pauses_the_edition_and_ends_no_subscription() -> None:
    edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=30)
    segment = SegmentFactory(edition=edition)
    for _ in range(30):
        reader = SubscriberFactory(confirmed_at=NOW - timedelta(days=30))
        copy = DeliveryFactory(
            edition=edition, segment=segment, subscriber=reader, state="accepted", accepted_at=NOW
        )
        receive(returned_mails.qmail(return_path(copy)), now=LATER)

    pause_where_in_trouble()

    edition.refresh_from_db()
    assert edition.state == "paused"
    assert not Suppression.objects.exists()


def test_a_bounce_shows_that_an_uncertain_copy_was_sent() -> None:
    copy = a_copy("uncertain")

    receive(returned_mails.full_mailbox(return_path(copy)), now=LATER)

    assert state_now() == ("active", None, "accepted")


def test_a_bounce_older_than_a_confirmation_ends_nothing() -> None:
    copy = a_copy()
    Subscriber.objects.update(confirmed_at=LATER)

    receive(returned_mails.postfix(return_path(copy)), now=LATER + timedelta(hours=1))

    assert state_now() == ("active", None, "accepted")


@pytest.mark.parametrize("year", ["1970", "2096"])
def test_a_server_whose_clock_is_wrong_is_believed_within_what_is_possible(year: str) -> None:
    copy = a_copy()
    mail = returned_mails.postfix(return_path(copy)).replace(b"Nov 2026 09:00", f"Nov {year} 09:00".encode())

    receive(mail, now=LATER)

    event = ProviderEvent.objects.get()
    assert LATER.replace(hour=0, minute=0) <= event.happened_at <= LATER
    assert state_now()[0] == "unsubscribed"


def test_a_bounce_without_a_date_is_as_old_as_our_mail() -> None:
    copy = a_copy()
    mail = returned_mails.postfix(return_path(copy)).replace(b"\nDate: ", b"\nX-Date: ")
    Subscriber.objects.update(confirmed_at=LATER + timedelta(days=2))

    receive(mail, now=LATER + timedelta(days=3))

    assert ProviderEvent.objects.get().happened_at == LATER.replace(hour=0, minute=0)
    assert state_now() == ("active", None, "accepted")


def test_no_address_is_kept_of_a_bounce() -> None:
    receive(returned_mails.sendmail(return_path(a_copy())), now=LATER)

    event = ProviderEvent.objects.get()
    assert (event.provider, event.kind) == ("mailbox", "hard_bounce")
    assert returned_mails.READER not in event.detail
    assert event.detail.startswith("550 5.1.1")


def test_a_bounce_of_a_confirmation_ends_the_mail_to_that_mailbox_until_it_confirms() -> None:
    reader = SubscriberFactory(address=ADA, status="pending", confirmed_at=None)

    receive(returned_mails.postfix(reader_return_path(reader.pk, now=LATER)), now=LATER)

    assert (Suppression.objects.get().reason, suppressions.is_blocked(ADA)) == ("hard_bounce", False)


def bounce_of_each(number: int) -> None:
    for _ in range(number):
        reader = SubscriberFactory(confirmed_at=NOW - timedelta(days=30))
        receive(returned_mails.postfix(reader_return_path(reader.pk, now=LATER)), now=LATER)


def test_a_bounce_of_a_mail_that_is_no_copy_is_held_before_it_ends_anything(settings: Settings) -> None:
    settings.SENDING_BOUNCE_SECONDS = 300
    bounce_of_each(1)

    held = apply_waiting(now=LATER + timedelta(seconds=299), seconds=60), Suppression.objects.count()
    believed = apply_waiting(now=LATER + timedelta(seconds=300), seconds=60), Suppression.objects.count()

    assert (held, believed) == ((0, 0), (1, 1))
    assert Subscriber.objects.get().status == "unsubscribed"


@pytest.mark.parametrize(("number", "ended"), [(9, 9), (10, 0)])
def test_of_many_at_about_the_same_time_none_is_believed(settings: Settings, number: int, ended: int) -> None:
    settings.SENDING_BOUNCE_SECONDS = 300
    bounce_of_each(number)

    applied = apply_waiting(now=LATER + timedelta(seconds=300), seconds=60)

    assert (applied, Suppression.objects.count()) == (number, ended)
    assert Subscriber.objects.filter(status="unsubscribed").count() == ended


@pytest.mark.parametrize("kind", ["copy", "reader", "leaving"])
def test_a_mail_about_somebody_who_is_gone_is_taken_and_does_nothing(kind: str) -> None:
    address = {
        "copy": copy_return_path(uuid4(), now=LATER),
        "reader": reader_return_path(uuid4(), now=LATER),
        "leaving": unsubscribe_address(uuid4()),
    }[kind]
    make = returned_mails.wish_to_leave if kind == "leaving" else returned_mails.postfix

    assert receive(make(address), now=LATER)

    assert not Suppression.objects.exists()


# --- Leaving by mail ----------------------------------------------------------------------------


def test_a_mail_to_the_address_to_leave_by_unsubscribes_and_is_recorded_as_that() -> None:
    reader = SubscriberFactory(confirmed_at=NOW)

    assert receive(returned_mails.wish_to_leave(unsubscribe_address(reader.pk)), now=LATER)

    reader.refresh_from_db()
    assert (reader.status, reader.unsubscribed_at) == ("unsubscribed", LATER)
    line = Consent.objects.get(address_key=reader.address_key, action="unsubscribed")
    assert (line.source, Suppression.objects.get().reason) == ("mail", "unsubscribe")


def test_leaving_by_mail_again_changes_nothing() -> None:
    reader = SubscriberFactory(confirmed_at=NOW)
    mail = returned_mails.wish_to_leave(unsubscribe_address(reader.pk))

    receive(mail, now=LATER)
    receive(mail, now=timezone.now())

    reader.refresh_from_db()
    assert reader.unsubscribed_at == LATER
    assert Consent.objects.filter(action="unsubscribed").count() == 1


def test_a_forged_address_to_leave_by_unsubscribes_nobody() -> None:
    reader = SubscriberFactory(confirmed_at=NOW)

    taken = receive(
        returned_mails.wish_to_leave(returned_mails.forged(unsubscribe_address(reader.pk))), now=LATER
    )

    reader.refresh_from_db()
    assert (taken, reader.status) == (False, "active")


def test_a_mail_that_cannot_be_read_is_left_and_stops_nobody() -> None:
    nested = b"".join(
        f"Content-Type: multipart/mixed; boundary={n}\r\n\r\n--{n}\r\n".encode() for n in range(5_000)
    )

    assert receive(nested, now=LATER) is False
