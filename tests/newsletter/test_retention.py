"""How long what names a person is kept: with the clock ten years ahead, no column of any table has an address."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from backend.api.models import Salt
from newsletter.models import (
    ConfirmationToken,
    Consent,
    Delivery,
    Edition,
    MailJob,
    ProviderEvent,
    Subscriber,
    Suppression,
)
from newsletter.readers import consent
from newsletter.retention import purge_expired
from newsletter.tasks import purge_expired as purge_task
from tests.factories import DeliveryFactory, EditionFactory, SubscriberFactory
from votes.models import SpentChallenge

pytestmark = pytest.mark.django_db

TEN_YEARS = timedelta(days=3_653)
DAY = timedelta(days=1)


def tables_with(text: str) -> list[str]:
    """The tables of which some row has the text in some column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        found = []
        for (table,) in sorted(cursor.fetchall()):
            cursor.execute(f"SELECT count(*) FROM {table} row WHERE row::text LIKE %s", [f"%{text}%"])
            if cursor.fetchone() != (0,):
                found.append(table)
        return found


def test_ten_years_later_only_who_still_reads_is_named() -> None:
    now = timezone.now()
    edition = EditionFactory(state="cancelled")
    for name in ("reader", "leaver", "asker", "failed"):
        subscriber = SubscriberFactory(address=f"{name}@named.example")
        DeliveryFactory(
            edition=edition,
            subscriber=subscriber,
            state="accepted",
            accepted_at=now,
            detail="ok named.example",
        )
    leaver = Subscriber.objects.get(address="leaver@named.example")
    consent.unsubscribe(leaver, source="page", now=now)
    asker = Subscriber.objects.get(address="asker@named.example")
    Subscriber.objects.filter(pk=asker.pk).update(status="pending", confirmed_at=None)
    ConfirmationToken.objects.create(
        key=b"k" * 32, subscriber=asker, mailbox_key=b"m" * 32, job_id=asker.pk, choices={}, created_at=now,
        expires_at=now,
    )  # fmt: skip
    for state in MailJob.State.values:
        MailJob.objects.create(
            address="failed@named.example", choices={}, source="api", state=state, due_at=now, created_at=now
        )
    failed = Subscriber.objects.get(address="failed@named.example")
    consent.suppress(keys=[bytes(failed.address_key)], reason="hard_bounce", source="provider", now=now)
    ProviderEvent.objects.create(
        key=b"e" * 32, provider="p", kind="hard_bounce", address_key=failed.address_key,
        detail="<failed@named.example>", happened_at=now, created_at=now,
    )  # fmt: skip
    staff = User.objects.create(username="staff")
    LogEntry.objects.create(
        user=staff, content_type=ContentType.objects.get_for_model(Subscriber), object_id="1",
        object_repr="leaver@named.example", action_flag=CHANGE,
    )  # fmt: skip
    Session.objects.create(session_key="s", session_data="staff@named.example", expire_date=now + DAY)
    Salt.objects.create(day=now.date(), salt=b"s" * 32)
    SpentChallenge.objects.create(key=b"c" * 32, expires_at=now)
    assert len(tables_with("named.example")) == 6

    purge_expired(now=now + TEN_YEARS)

    assert tables_with("named.example") == ["newsletter_subscriber"]
    assert [each.address for each in Subscriber.objects.all()] == ["reader@named.example"]
    for model in (ConfirmationToken, MailJob, ProviderEvent, LogEntry, Session, Salt, SpentChallenge):
        assert not model._default_manager.exists()
    # What proves and what counts stays, under hashes.
    assert Delivery.objects.filter(address="", state="accepted").count() == 4
    assert Suppression.objects.count() == 2
    assert sorted(Consent.objects.values_list("action", flat=True)) == ["suppressed", "unsubscribed"]


@pytest.mark.parametrize(("days", "is_there"), [(29, True), (31, False)])
def test_who_left_is_deleted_after_a_month_and_stays_suppressed(days: int, is_there: bool) -> None:
    now = timezone.now()
    leaver = SubscriberFactory()
    consent.unsubscribe(leaver, source="page", now=now)

    purge_expired(now=now + days * DAY)

    assert Subscriber.objects.exists() is is_there
    assert Suppression.objects.get().reason == "unsubscribe"


@pytest.mark.parametrize(("days", "address"), [(89, "kept"), (91, "")])
def test_a_settled_copy_keeps_its_address_for_three_months(days: int, address: str) -> None:
    now = timezone.now()
    accepted = DeliveryFactory(state="accepted", accepted_at=now, address="kept")
    waiting = DeliveryFactory(edition=accepted.edition, address="waits")

    purge_expired(now=now + days * DAY)

    accepted.refresh_from_db()
    waiting.refresh_from_db()
    assert (accepted.address, waiting.address) == (address, "waits")


def test_an_edition_that_is_over_is_read_once() -> None:
    now = timezone.now()
    over = EditionFactory(state="cancelled")
    paused = EditionFactory(state="draft")

    purge_expired(now=now + TEN_YEARS)

    assert Edition.objects.get(pk=over.pk).addresses_erased_at == now + TEN_YEARS
    assert Edition.objects.get(pk=paused.pk).addresses_erased_at is None


def test_the_task_purges_by_the_databases_clock() -> None:
    Salt.objects.create(day=timezone.now().date() - 30 * DAY, salt=b"s" * 32)

    purge_task()

    assert not Salt.objects.exists()
