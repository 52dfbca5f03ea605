"""When the mail goes: by the database's clock, on whatever machine a worker runs, and never from a copy."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from newsletter import tasks
from newsletter.deliveries import database_now
from newsletter.models import MailJob
from tests.mail_sink import Sink

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
        tasks.forget()

    assert MailJob.objects.exists()
