"""The mailbox of bounces on a real IMAP server: each mail once, whatever stands in it, however many there are."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.feedback.bounce_mailbox import Mailbox, read_mailbox
from newsletter.feedback.bounce_mails import receive
from newsletter.feedback.returned_mail import MOST_OCTETS
from newsletter.models import Bounce, Delivery, ProviderEvent, Subscriber
from newsletter.transport.return_addresses import copy_return_path, unsubscribe_address
from tests.certificates import self_signed
from tests.factories import DeliveryFactory, EditionFactory, SegmentFactory, SubscriberFactory
from tests.newsletter.feedback import returned_mails
from tests.newsletter.feedback.imap import RunningMailbox, imap_server
from tests.newsletter.feedback.telling import a_copy

pytestmark = pytest.mark.django_db

# Longer than any machine needs.
LONG = 600


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.com"
    settings.UNSUBSCRIBE_ADDRESS = "unsubscribe@example.com"


@pytest.fixture
def box() -> Iterator[RunningMailbox]:
    with imap_server() as running:
        yield running


def bounce(copy: Delivery) -> bytes:
    return returned_mails.postfix(copy_return_path(copy.pk, now=timezone.now()))


def read(box: RunningMailbox, *, seconds: float = LONG) -> dict[str, int]:
    return dict(read_mailbox(box.mailbox, clock=timezone.now, seconds=seconds))


def test_what_means_something_is_deleted_and_all_else_is_left_as_seen(box: RunningMailbox) -> None:
    reader = SubscriberFactory()
    box.deliver(
        bounce(a_copy()),
        returned_mails.wish_to_leave(unsubscribe_address(reader.pk)),
        returned_mails.by_a_person("bounces@example.com"),
        returned_mails.out_of_office("bounces@example.com"),
    )

    assert read(box) == {"taken": 2, "left": 2}

    assert (len(box.uids()), box.uids("UNSEEN")) == (2, [])
    reader.refresh_from_db()
    assert (Bounce.objects.count(), reader.status) == (1, "unsubscribed")
    assert read(box) == {}


def test_a_mail_that_was_kept_but_not_deleted_before_a_crash_counts_once(box: RunningMailbox) -> None:
    mail = bounce(a_copy())
    box.deliver(mail)
    # As far as the process came that died.
    receive(mail, now=timezone.now())

    assert read(box) == {"taken": 1}

    assert (ProviderEvent.objects.count(), Bounce.objects.count(), box.uids()) == (1, 1, [])


def test_the_same_bounce_twice_in_the_mailbox_counts_once(box: RunningMailbox) -> None:
    mail = bounce(a_copy())
    box.deliver(mail, mail)

    assert read(box) == {"taken": 2}

    assert (ProviderEvent.objects.count(), box.uids()) == (1, [])


def test_a_thousand_mails_are_read_and_the_readers_who_asked_to_leave_have_left(box: RunningMailbox) -> None:
    edition = EditionFactory(
        state="sending", frozen_at=timezone.now(), prepared_at=timezone.now(), audience=1
    )
    segment = SegmentFactory(edition=edition)
    readers = [SubscriberFactory() for _ in range(20)]
    copies = [
        DeliveryFactory(
            edition=edition, segment=segment, subscriber=each, state="accepted", accepted_at=timezone.now()
        )
        for each in readers
    ]
    noise = [returned_mails.by_a_person("bounces@example.com")] * 48
    for number in range(20):
        leaving = returned_mails.wish_to_leave(unsubscribe_address(readers[number].pk))
        box.deliver(
            *noise, returned_mails.full_mailbox(copy_return_path(copies[number].pk, now=timezone.now()))
        )
        box.deliver(leaving)

    counts = read(box)

    assert counts == {"taken": 40, "left": 960}
    assert Subscriber.objects.filter(status="unsubscribed").count() == 20
    assert ProviderEvent.objects.filter(kind="soft_bounce").count() == 20


def test_a_huge_mail_is_fetched_in_part(box: RunningMailbox) -> None:
    box.deliver(bounce(a_copy()) + b"x" * 20 * MOST_OCTETS)

    assert read(box) == {"taken": 1}


def test_a_run_ends_in_time_and_the_next_goes_on(box: RunningMailbox) -> None:
    box.deliver(bounce(a_copy()))

    assert read(box, seconds=-1) == {}
    assert len(box.uids("UNSEEN")) == 1
    assert read(box) == {"taken": 1}


@pytest.mark.parametrize("wrong", ["password", "port", "folder"])
def test_a_mailbox_that_cannot_be_opened_is_logged_and_costs_no_more(
    box: RunningMailbox, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = {
        "password": replace(box.mailbox, password="secret2"),
        "port": replace(box.mailbox, port=1),
        "folder": replace(box.mailbox, folder="Nowhere"),
    }[wrong]

    assert not read_mailbox(mailbox, clock=timezone.now)

    assert "bounce_mailbox_failed" in caplog.text
    assert "secret2" not in caplog.text


def test_while_the_database_is_away_no_mail_is_lost(box: RunningMailbox) -> None:
    box.deliver(bounce(a_copy()))

    def no_database() -> None:
        raise OperationalError

    with pytest.raises(OperationalError):
        read_mailbox(box.mailbox, clock=no_database)  # type: ignore[arg-type] # It returns nothing.

    assert len(box.uids("UNSEEN")) == 1


def test_the_connection_is_encrypted_and_the_certificate_must_be_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = self_signed(tmp_path / "imap.pem")
    with imap_server(certificate=certificate) as box:
        unknown = read(box)
        assert "SSLCertVerificationError" in caplog.text
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        box.deliver(bounce(a_copy()))
        known = read(box)

    assert (unknown, known) == ({}, {"taken": 1})


def test_without_a_mailbox_in_the_settings_there_is_none_to_read(settings: Settings) -> None:
    settings.BOUNCE_MAILBOX = None
    assert Mailbox.from_settings() is None
    settings.BOUNCE_MAILBOX = {
        "scheme": "imaps",
        "host": "imap.example.com",
        "port": 993,
        "user": "ada",
        "password": "secret",
        "folder": "INBOX",
    }
    assert Mailbox.from_settings() == Mailbox("imaps", "imap.example.com", 993, "ada", "secret", "INBOX")
