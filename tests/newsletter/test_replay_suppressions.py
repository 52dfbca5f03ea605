"""What is left of a suppression when all else is deleted, imported again, or restored from an older backup."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.models import (
    ConfirmationToken,
    Consent,
    Delivery,
    Edition,
    MailJob,
    Subscriber,
    Suppression,
)
from newsletter.readers import consent
from newsletter.readers.addresses import address_key
from newsletter.readers.journal import line_of
from newsletter.sending.freezing import freeze
from newsletter.sending.preparing import prepare
from newsletter.sending.schedule import schedule_from_settings
from tests.database import execute
from tests.factories import NOW, ComparisonFactory, DeliveryFactory, EditionFactory, SubscriberFactory

pytestmark = pytest.mark.django_db(transaction=True)

ADA = "ada@example.com"
KEY = address_key(ADA)
SCHEDULE = schedule_from_settings()


def at(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "suppressions"


def replay(*files: Path) -> str:
    out = io.StringIO()
    call_command("replay_suppressions", *map(str, files), stdout=out)
    return out.getvalue()


def counted(
    mailboxes: int,
    *,
    ended: int = 0,
    erased: int = 0,
    suppressed: int = 0,
    lifted: int = 0,
    confirmed: int = 0,
    lost: int = 0,
) -> str:
    said = (
        f"{mailboxes} mailboxes: {ended} subscriptions ended, {erased} readers erased, "
        f"{suppressed} suppressed, {lifted} lifted, {confirmed} confirmed.\n"
    )
    gone = f"{lost} confirmed since and are not in this backup: they must sign up again.\n"
    return said + (gone if lost else "")


def write(file: Path, *words: tuple[int, str]) -> None:
    file.write_text("".join(line_of(at=at(hours), key=KEY, entry=word) for hours, word in words))


def subscriber(status: str = "active", *, since: int = 0) -> None:
    times: dict[str, Any] = {"active": {"confirmed_at": at(since)}, "pending": {"confirmed_at": None}}
    left = {"confirmed_at": at(since), "unsubscribed_at": at(since)}
    SubscriberFactory(address=ADA, status=status, **times.get(status, left))
    Subscriber.objects.update(created_at=at(since))


def suppressed(reason: str, *, since: int = 0) -> None:
    Suppression.objects.create(address_key=KEY, reason=reason, created_at=at(since))


def state() -> tuple[str | None, str | None]:
    """The subscriber's status and the reason of the suppression."""
    return (
        Subscriber.objects.values_list("status", flat=True).first(),
        Suppression.objects.values_list("reason", flat=True).first(),
    )


# --- Replaying ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "before", "said", "after"),
    [
        pytest.param(
            [(1, "unsubscribe")],
            ("active", None),
            {"ended": 1, "suppressed": 1}, ("unsubscribed", "unsubscribe"),
            id="who left since",
        ),
        pytest.param(
            [(1, "complaint")],
            ("pending", None),
            {"ended": 1, "suppressed": 1}, ("unsubscribed", "complaint"),
            id="who complained before confirming",
        ),
        pytest.param(
            [(1, "hard_bounce")],
            (None, None),
            {"suppressed": 1}, (None, "hard_bounce"),
            id="a mailbox without a reader",
        ),
        pytest.param(
            [(1, "complaint")],
            ("unsubscribed", "unsubscribe"),
            {"suppressed": 1}, ("unsubscribed", "complaint"),
            id="who complained after leaving",
        ),
        pytest.param(
            [(1, "unsubscribe")],
            ("unsubscribed", "manual"),
            {}, ("unsubscribed", "manual"),
            id="a weaker reason changes nothing",
        ),
        pytest.param(
            [(1, "erased")],
            ("active", None),
            {"erased": 1}, (None, "erased"),
            id="who was forgotten",
        ),
        pytest.param(
            [(1, "complaint"), (2, "erased")],
            ("active", None),
            {"erased": 1, "suppressed": 1}, (None, "complaint"),
            id="who was forgotten and stays blocked",
        ),
        pytest.param(
            [(1, "unsubscribe"), (2, "confirmed")],
            ("active", None),
            {}, ("active", None),
            id="who left and came back",
        ),
        pytest.param(
            [(1, "confirmed")],
            ("unsubscribed", "unsubscribe"),
            {"lifted": 1, "confirmed": 1}, ("active", None),
            id="who came back",
        ),
        pytest.param(
            [(1, "confirmed")],
            ("pending", None),
            {"confirmed": 1}, ("active", None),
            id="who confirmed since",
        ),
        pytest.param(
            [(1, "confirmed")],
            (None, None),
            {"lost": 1}, (None, None),
            id="of whom the backup has no row",
        ),
        pytest.param(
            [(1, "erased"), (2, "confirmed")],
            ("active", None),
            {"erased": 1, "lifted": 1, "lost": 1}, (None, None),
            id="who was forgotten and came as somebody new",
        ),
        pytest.param(
            [(1, "unsubscribe"), (2, "lifted")],
            ("active", None),
            {"ended": 1}, ("unsubscribed", None),
            id="whom staff let go is not subscribed by it",
        ),
        pytest.param(
            [(1, "lifted")],
            ("unsubscribed", "manual"),
            {"lifted": 1}, ("unsubscribed", None),
            id="whom staff let go",
        ),
    ],
)  # fmt: skip
def test_a_restored_copy_catches_up(
    file: Path,
    words: list[tuple[int, str]],
    before: tuple[str | None, str | None],
    said: dict[str, int],
    after: tuple[str | None, str | None],
) -> None:
    write(file, *words)
    status, reason = before
    if status:
        subscriber(status)
    if reason:
        suppressed(reason)

    assert replay(file) == counted(1, **said)
    assert state() == after
    records = Consent.objects.count()

    lost = said.pop("lost", 0)
    assert replay(file) == counted(1, lost=lost)
    assert state() == after
    assert Consent.objects.count() == records == sum(said.values())


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        pytest.param([(-1, "unsubscribe")], "active", None, id="a later confirmation"),
        pytest.param([(-1, "erased")], "active", None, id="somebody new since"),
        pytest.param([(-1, "confirmed")], "unsubscribed", "unsubscribe", id="a later leaving"),
        pytest.param([(-1, "lifted")], "unsubscribed", "complaint", id="a later complaint"),
    ],
)
def test_what_the_database_knows_of_a_later_time_stays(
    file: Path, words: list[tuple[int, str]], status: str, reason: str | None
) -> None:
    write(file, *words)
    subscriber(status)
    if reason:
        suppressed(reason)

    assert replay(file) == counted(1)
    assert state() == (status, reason)


def test_who_confirmed_since_has_what_they_asked_for(file: Path) -> None:
    subscriber("pending")
    reader = Subscriber.objects.get()
    for hours, frequency in ((0, "monthly"), (2, "weekly")):
        ConfirmationToken.objects.create(
            key=bytes([hours]) * 32, subscriber=reader, mailbox_key=KEY, created_at=at(hours), expires_at=at(99),
            job_id="01900000-0000-7000-8000-000000000000", choices={"frequency": frequency},
        )  # fmt: skip
    write(file, (1, "confirmed"))

    replay(file)

    reader.refresh_from_db()
    assert (reader.status, reader.frequency, reader.confirmed_at) == ("active", "monthly", at(1))
    assert list(reader.confirmation_tokens.order_by("created_at").values_list("used_at", flat=True)) == [
        at(1),
        None,
    ]


# --- Weeks --------------------------------------------------------------------------------------

ID = "0f6b3f0e-3f5a-4c0e-9c54-0d1f2a3b4c5d"


def mailed(file: Path, *weeks: str) -> None:
    lines = [
        f"2026-11-24T0{hour}:00:00.000000Z {ID} {hour} {event} {week}\n"
        for week in weeks
        for hour, event in ((7, "begun"), (8, "finished"))
    ]
    file.with_name(f"{file.name}.mailings").write_text("".join(lines))


def test_a_week_that_the_backup_does_not_know_waits_for_staff(file: Path) -> None:
    write(file)
    mailed(file, "2026-W47", "2026-W48", "2026-W49", "2026-W50")
    EditionFactory(week="2026-W47", state="done", frozen_at=NOW, prepared_at=NOW, audience=0, done_at=NOW)
    EditionFactory(week="2026-W48", subject="A draft of then")
    EditionFactory(week="2026-W49", state="cancelled")

    said = "was begun on 24 Nov 2026 07:00 UTC and finished on 24 Nov 2026 08:00 UTC: it waits for staff, who send it "
    assert replay(file) == counted(0) + "".join(
        f"{week} {said}again or cancel it.\n" for week in ("2026-W48", "2026-W50")
    )
    assert replay(file) == counted(0)
    assert dict(Edition.objects.values_list("week", "repeat")) == {
        "2026-W47": "", "2026-W48": "held", "2026-W49": "", "2026-W50": "held",
    }  # fmt: skip


def test_where_nobody_has_left_yet_there_is_one_of_mailings_alone(file: Path) -> None:
    mailed(file, "2026-W48")

    assert replay(file).startswith(counted(0) + "2026-W48 was begun on ")


def test_a_journal_of_mailings_may_be_named_too(file: Path) -> None:
    mailed(file, "2026-W48")

    replay(file.with_name(f"{file.name}.mailings"))

    assert Edition.objects.get().repeat == "held"


# --- The record ---------------------------------------------------------------------------------


def test_the_record_says_what_was_done_when(file: Path) -> None:
    subscriber()
    write(file, (3, "unsubscribe"))

    replay(file)

    reader = Subscriber.objects.get()
    assert reader.unsubscribed_at == Suppression.objects.get().created_at == at(3)
    assert list(Consent.objects.order_by("id").values_list("action", "source", "created_at")) == [
        ("unsubscribed", "staff", at(3)),
        ("suppressed", "staff", at(3)),
    ]


def test_of_somebody_forgotten_no_address_is_left(file: Path) -> None:
    subscriber()
    DeliveryFactory(subscriber=Subscriber.objects.get(), address=ADA, address_key=KEY)
    MailJob.objects.create(address=ADA, choices={}, source="api", due_at=NOW, created_at=NOW)
    write(file, (1, "erased"))

    replay(file)

    assert not Subscriber.objects.exists()
    assert not MailJob.objects.exists()
    assert Delivery.objects.get().address == ""


def test_what_is_no_line_is_named_and_the_rest_is_replayed(file: Path) -> None:
    subscriber()
    write(file, (1, "unsubscribe"))
    with file.open("a") as stream:
        stream.write("2026-11-02T09:30:00")
    errors = io.StringIO()

    call_command("replay_suppressions", str(file), stdout=io.StringIO(), stderr=errors)

    assert errors.getvalue() == f"{file}:2: not a whole line, left out.\n"
    assert state() == ("unsubscribed", "unsubscribe")


def test_a_journal_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match=r'"/nowhere" can\'t be read: No such file or directory\.'):
        replay(Path("/nowhere"))


def test_suppressions_of_now_make_a_journal(file: Path) -> None:
    subscriber()
    consent.suppress(keys=[KEY], reason="complaint", source="provider", now=at(1))
    out = io.StringIO()
    call_command("export_suppressions", stdout=out)
    file.write_text(out.getvalue())
    Suppression.objects.all().delete()
    Subscriber.objects.update(status="active", confirmed_at=at(0))

    assert replay(file) == counted(1, ended=1, suppressed=1)
    assert state() == ("unsubscribed", "complaint")


# --- Five hundred of ten thousand ---------------------------------------------------------------

READERS, GONE = 10_000, 500


class Backup:
    """All rows of the app's tables, as COPY writes and reads them; foreign keys are looked at when all are back."""

    def __init__(self) -> None:
        models = apps.get_app_config("newsletter").get_models(include_auto_created=True)
        with connection.cursor() as cursor:
            self._rows = {
                model._meta.db_table: b"".join(_copied(cursor, model._meta.db_table)) for model in models
            }

    def restore(self) -> None:
        execute(f"TRUNCATE {', '.join(self._rows)}")
        with transaction.atomic(), connection.cursor() as cursor:
            for table, rows in self._rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(rows)


def _copied(cursor: Any, table: str) -> Iterator[bytes]:
    with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
        yield from map(bytes, copy)


def address(number: int) -> str:
    return f"reader-{number}@example.com"


@pytest.fixture
def subscribers(tmp_path: Path) -> Path:
    """A file of ten thousand."""
    file = tmp_path / "subscribers.csv"
    lines = "".join(f"{address(number)},2024-05-06T07:08:09Z\n" for number in range(READERS))
    file.write_text("email,confirmed_at\n" + lines)
    return file


def imported(file: Path) -> str:
    out = io.StringIO()
    call_command("import_subscribers", str(file), stdout=out)
    return out.getvalue()


def let_go() -> set[bytes]:
    """Five hundred leave, in each way there is; the keys of their mailboxes."""
    gone = list(Subscriber.objects.filter(address__in=[address(number * 20) for number in range(GONE)]))
    assert len(gone) == GONE
    now = timezone.now()
    keys = [bytes(reader.address_key) for reader in gone]
    for reader in gone[:200]:
        consent.unsubscribe(subscriber=reader, source="one_click", now=now)
    for reader in gone[200:250]:
        consent.erase(subscriber=reader, source="page", now=now)
    for begin, reason in ((250, "hard_bounce"), (300, "complaint"), (400, "manual")):
        consent.suppress(keys=keys[begin : begin + 100], reason=reason, source="provider", now=now)
    return set(keys)


def prepared() -> set[bytes]:
    """A new edition's mailboxes, however their copies stand."""
    now = timezone.now()
    ComparisonFactory(public_at=now - timedelta(hours=1))
    edition = EditionFactory(week="2026-W50")
    freeze(edition_id=edition.pk, now=now, schedule=SCHEDULE)
    prepare(edition_id=edition.pk, now=now)
    return {bytes(key) for key in edition.deliveries.values_list("address_key", flat=True)}


def test_nobody_who_left_is_mailed_after_all_is_deleted_and_imported_again(subscribers: Path) -> None:
    imported(subscribers)
    gone = let_go()
    prepared()
    # With what refers to them; Django would read each row first.
    execute(
        "TRUNCATE newsletter_delivery, newsletter_segment, newsletter_edition, newsletter_subscriber CASCADE"
    )

    said = imported(subscribers)
    mailed = prepared()

    assert said.startswith(f"{READERS} lines: {READERS - GONE} new, ")
    assert f" {GONE} suppressed," in said
    assert (len(mailed), mailed & gone) == (READERS - GONE, set())


def test_nobody_who_left_is_mailed_after_an_older_backup_is_restored_and_the_journal_replayed(
    subscribers: Path, settings: Settings, file: Path
) -> None:
    settings.SUPPRESSION_JOURNAL = str(file)
    imported(subscribers)
    backup = Backup()
    gone = let_go()
    backup.restore()
    assert Subscriber.objects.filter(status="active").count() == READERS
    assert not Suppression.objects.exists()

    said = replay(file)
    mailed = prepared()

    assert said == counted(GONE, ended=GONE - 50, erased=50, suppressed=GONE - 50)
    assert (len(mailed), mailed & gone) == (READERS - GONE, set())
    assert replay(file) == counted(GONE)
    assert f" {GONE} suppressed," in imported(subscribers)
