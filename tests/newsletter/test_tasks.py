"""When the mail goes: by the database's clock, on whatever machine a worker runs, and never from a copy."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from newsletter import tasks
from newsletter.deliveries.claims import MOST_LOST
from newsletter.deliveries.database import database_now
from newsletter.models import Delivery, MailJob, SendingIdentity
from newsletter.readers import sign_ups
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory
from tests.mail_sink import Sink
from tests.newsletter.feedback import returned_mails
from tests.newsletter.feedback.imap import imap_server

ADA = "ada@example.com"

pytestmark = pytest.mark.django_db


@pytest.fixture
def fast() -> Iterator[None]:
    """The worker's clock is three hours ahead."""
    with time_machine.travel(database_now() + timedelta(hours=3)):
        yield


@pytest.fixture
def slow() -> Iterator[None]:
    """The worker's clock is three hours behind."""
    with time_machine.travel(database_now() - timedelta(hours=3)):
        yield


def a_job(*, due_in: timedelta = timedelta(), state: str = "waiting") -> None:
    now = database_now()
    MailJob.objects.create(
        address=ADA, choices={}, source="api", state=state, due_at=now + due_in, created_at=now
    )


def test_a_copy_of_the_database_mails_nobody_who_signed_up(sink: Sink, settings: Settings) -> None:
    settings.SENDING_ENABLED = False
    a_job()

    tasks.send_due_jobs()

    assert MailJob.objects.get().attempts == 0
    assert sink.received == []


def test_a_copy_that_is_not_recognised_mails_nobody_who_signed_up(sink: Sink) -> None:
    SendingIdentity.objects.create(cluster="elsewhere")
    a_job()

    tasks.send_due_jobs()

    assert MailJob.objects.get().attempts == 0
    assert sink.received == []


def test_a_copy_that_is_not_recognised_begins_no_edition_and_sends_none(sink: Sink) -> None:
    SendingIdentity.objects.create(cluster="elsewhere")
    due = EditionFactory(week="2026-W48", due_at=NOW)
    sending = EditionFactory(week="2026-W47", state="sending", frozen_at=NOW, prepared_at=NOW, audience=1)
    DeliveryFactory(edition=sending, segment=SegmentFactory(edition=sending))

    tasks.tick()
    tasks.send(str(sending.pk))

    due.refresh_from_db()
    assert (due.state, Delivery.objects.get().state) == ("draft", "pending")
    assert sink.received == []


def test_a_fast_clock_of_the_web_server_lets_nobody_wait(sink: Sink) -> None:
    three_hours_ahead = database_now() + timedelta(hours=3)
    sign_ups.sign_up(address=ADA, choices={}, source="api", now=three_hours_ahead)

    tasks.send_due_jobs()

    assert len(sink.to(ADA)) == 1


@pytest.mark.usefixtures("fast")
def test_a_fast_clock_takes_no_mail_that_another_worker_holds(sink: Sink) -> None:
    a_job(due_in=timedelta(minutes=1))

    tasks.send_due_jobs()

    assert MailJob.objects.get().attempts == 0
    assert sink.received == []


@pytest.mark.usefixtures("slow")
def test_a_slow_clock_leaves_no_mail_that_is_due(sink: Sink) -> None:
    a_job()

    tasks.send_due_jobs()

    assert not MailJob.objects.exists()
    assert len(sink.to(ADA)) == 1


def test_a_fast_clock_forgets_nothing_early() -> None:
    a_job(state="failed")

    with time_machine.travel(database_now() + timedelta(days=8)):
        tasks.purge_expired()

    assert MailJob.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("lost", "state"), [(20, "sending"), (21, "paused")])
def test_an_edition_whose_copies_kill_their_workers_is_paused(lost: int, state: str) -> None:
    edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=60)
    segment = SegmentFactory(edition=edition)
    long_ago = database_now() - timedelta(hours=1)
    held = {"state": "claimed", "lost": MOST_LOST - 1, "lease_until": long_ago}
    DeliveryFactory.create_batch(lost, edition=edition, segment=segment, **held)
    DeliveryFactory.create_batch(60 - lost, edition=edition, segment=segment)

    tasks.tick()

    edition.refresh_from_db()
    assert (edition.state, Delivery.objects.filter(state="failed").count()) == (state, lost)


def test_a_copy_of_the_database_leaves_the_mailbox_of_bounces_alone(settings: Settings) -> None:
    settings.SENDING_ENABLED = False
    with imap_server() as box:
        settings.BOUNCE_MAILBOX = vars(box.mailbox)
        box.deliver(returned_mails.by_a_person("bounces@example.com"))

        tasks.read_bounces()
        assert len(box.uids("UNSEEN")) == 1

        settings.SENDING_ENABLED = True
        tasks.read_bounces()
        assert box.uids("UNSEEN") == []
