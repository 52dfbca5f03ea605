"""The journal of suppressions: each change is in it before anybody relies on it, and nothing stops anybody from leaving."""

import os
import stat
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.models import ConfirmationToken, Subscriber, Suppression
from newsletter.readers import consent, suppressions
from newsletter.readers.addresses import address_key
from newsletter.readers.journal import MailboxState, is_writable, line_of, read_journals
from newsletter.readers.links import CONFIRMATION_LIFETIME, confirmation_key, unsubscribe_token
from tests.database import at_once
from tests.factories import NOW, SubscriberFactory

pytestmark = pytest.mark.django_db(transaction=True)

ADA = "ada@example.com"
KEY = b"\x01" * 32


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "suppressions"
    settings.SUPPRESSION_JOURNAL = str(file)
    return file


def words(file: Path) -> list[tuple[str, str]]:
    """Whose, and what, in the order of the lines; writers that meet may leave an empty one."""
    known = {address_key(address).hex(): address for address in [ADA, *map(reader, range(200))]}
    lines = file.read_text().splitlines() if file.exists() else []
    return [(known[key], word) for _, key, word in (line.split(" ") for line in lines if line)]


def reader(number: int) -> str:
    return f"reader-{number}@example.org"


def ada() -> Subscriber:
    subscriber: Subscriber = SubscriberFactory(address=ADA)
    return subscriber


def leave() -> None:
    consent.unsubscribe(subscriber=Subscriber.objects.get(address=ADA), source="page", now=timezone.now())


def ask(token: str = "again") -> None:
    now = timezone.now()
    ConfirmationToken.objects.create(
        key=confirmation_key(token), subscriber=Subscriber.objects.get(address=ADA), mailbox_key=KEY,
        job_id="01900000-0000-7000-8000-000000000000", choices={}, created_at=now, expires_at=now + CONFIRMATION_LIFETIME,
    )  # fmt: skip


def come_back(token: str = "again") -> None:
    consent.confirm(token=token, source="page", now=timezone.now())


def block(reason: str = "complaint") -> None:
    consent.suppress(keys=[address_key(ADA)], reason=reason, source="provider", now=timezone.now())


# --- What is written ----------------------------------------------------------------------------


def test_each_change_of_a_suppression_is_a_line_and_no_address_is_in_it(file: Path) -> None:
    ada()

    leave()
    ask()
    come_back()
    block("hard_bounce")
    block("complaint")
    suppressions.lift(suppression=Suppression.objects.get(), now=timezone.now())
    consent.erase(subscriber=Subscriber.objects.get(), source="page", now=timezone.now())

    said = ["unsubscribe", "confirmed", "hard_bounce", "complaint", "lifted", "erased"]
    assert words(file) == [(ADA, word) for word in said]
    assert b"@" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_who_confirms_for_the_first_time_stands_in_it_too(file: Path) -> None:
    SubscriberFactory(address=ADA, status="pending", confirmed_at=None)
    ask()

    come_back()
    come_back()

    assert words(file) == [(ADA, "confirmed")]


def test_what_changes_nothing_writes_nothing(file: Path) -> None:
    ada()

    leave()
    leave()
    block("complaint")
    block("hard_bounce")

    assert words(file) == [(ADA, "unsubscribe"), (ADA, "complaint")]


def test_an_erased_reader_is_told_of_whatever_reason_is_kept(file: Path) -> None:
    subscriber = ada()
    block("complaint")

    consent.erase(subscriber=subscriber, source="page", now=timezone.now())

    assert words(file) == [(ADA, "complaint"), (ADA, "erased")]
    last = read_journals([file]).final_states[address_key(ADA)]
    assert (last.entry, last.erased_at) == ("complaint", last.at)


def test_many_mailboxes_at_once_are_a_line_each(file: Path) -> None:
    keys = [address_key(reader(number)) for number in range(50)]

    consent.suppress(keys=keys, reason="hard_bounce", source="provider", now=timezone.now())

    assert sorted(words(file)) == sorted((reader(number), "hard_bounce") for number in range(50))


def test_without_the_setting_there_is_none(settings: Settings, tmp_path: Path) -> None:
    ada()

    leave()

    assert settings.SUPPRESSION_JOURNAL == ""
    assert list(tmp_path.iterdir()) == []


# --- When ---------------------------------------------------------------------------------------


def test_a_suppression_stands_in_it_before_it_is_committed(file: Path) -> None:
    ada()

    with transaction.atomic():
        leave()
        assert words(file) == [(ADA, "unsubscribe")]


@pytest.mark.parametrize("entry", ["confirmed", "lifted"])
def test_a_lifting_stands_in_it_only_once_it_is_committed(file: Path, entry: str) -> None:
    ada()
    leave()
    ask()

    def lift() -> None:
        if entry == "confirmed":
            come_back()
        else:
            suppressions.lift(suppression=Suppression.objects.get(), now=timezone.now())

    with transaction.atomic():
        lift()
        transaction.set_rollback(True)
    assert words(file) == [(ADA, "unsubscribe")]

    lift()
    assert words(file) == [(ADA, "unsubscribe"), (ADA, entry)]


def test_the_last_word_is_what_the_database_says_whoever_comes_first(file: Path) -> None:
    ada()
    for round_number in range(12):
        token = f"round {round_number}"
        ask(token)

        at_once(leave, partial(come_back, token))

        is_suppressed = Suppression.objects.exists()
        last = read_journals([file]).final_states[address_key(ADA)]
        assert last.is_suppressed == is_suppressed


def test_lines_of_many_writers_stay_whole(file: Path) -> None:
    for number in range(160):
        SubscriberFactory(address=reader(number))

    def some_leave(first: int) -> None:
        for subscriber in Subscriber.objects.filter(address__in=[reader(first + n) for n in range(20)]):
            consent.unsubscribe(subscriber=subscriber, source="one_click", now=timezone.now())

    errors = at_once(*[partial(some_leave, first) for first in range(0, 160, 20)])

    assert errors == [None] * 8
    assert sorted(words(file)) == sorted((reader(number), "unsubscribe") for number in range(160))


# --- Trouble ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/dev/full", id="a full disk"),
        pytest.param("/nowhere/suppressions", id="no folder"),
        pytest.param("/", id="a folder"),
    ],
)
def test_whoever_leaves_has_left_though_it_cannot_be_written(
    settings: Settings, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    settings.SUPPRESSION_JOURNAL = path
    subscriber = ada()

    answer = Client().post(f"/newsletter/unsubscribe?token={unsubscribe_token(subscriber.pk)}")

    assert answer.status_code == 200
    assert Subscriber.objects.get().status == "unsubscribed"
    assert Suppression.objects.get().reason == "unsubscribe"
    [record] = [each for each in caplog.records if "suppression_not_journaled" in str(each.msg)]
    assert record.levelname == "ERROR"
    assert f"{address_key(ADA).hex()} unsubscribe" in str(record.msg)


@pytest.mark.parametrize(
    ("path", "answer"),
    [("suppressions", True), ("new", True), ("", False), ("suppressions/below", False), ("/proc/new", False)],
    ids=["a file", "no file yet", "a folder", "below a file", "where nothing can be made"],
)
def test_whether_it_can_be_written_is_known_without_writing(tmp_path: Path, path: str, answer: bool) -> None:
    (tmp_path / "suppressions").write_text("a line\n")

    assert is_writable(tmp_path / path) == answer

    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("suppressions", "a line\n")]


def test_a_line_that_broke_off_takes_no_other_along(file: Path) -> None:
    ada()
    whole = line_of(at=NOW, key=KEY, entry="complaint")
    file.write_text(whole + whole[:50])

    leave()

    found = read_journals([file])
    assert {key: last.entry for key, last in found.final_states.items()} == {
        KEY: "complaint",
        address_key(ADA): "unsubscribe",
    }
    assert found.unreadable == (f"{file}:2",)


def test_it_may_be_moved_away_at_any_time(file: Path) -> None:
    ada()
    leave()
    moved = file.rename(file.with_suffix(".1"))
    ask()
    come_back()

    assert [len(each.read_text().splitlines()) for each in (moved, file)] == [1, 1]
    assert read_journals([file, moved]).final_states[address_key(ADA)].entry == "confirmed"


def test_a_line_is_on_the_disk_before_anybody_goes_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system was asked to write through, by the file's name; the real calls are made."""
    written: list[str] = []
    write_through = os.fsync

    def watched(descriptor: int) -> None:
        written.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        write_through(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    ada()
    leave()

    assert written == [file.name, file.parent.name]


# --- What is read -------------------------------------------------------------------------------


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        pytest.param([(1, "unsubscribe")], ("unsubscribe", 1, None), id="who left"),
        pytest.param([(1, "unsubscribe"), (2, "confirmed")], ("confirmed", 2, None), id="who came back"),
        pytest.param([(2, "confirmed"), (1, "unsubscribe")], ("confirmed", 2, None), id="in another order"),
        pytest.param([(1, "manual"), (2, "lifted")], ("lifted", 2, None), id="whom staff let go"),
        pytest.param([(1, "complaint"), (2, "unsubscribe")], ("complaint", 2, None), id="the stronger stays"),
        pytest.param([(1, "unsubscribe"), (2, "manual")], ("manual", 2, None), id="the stronger comes"),
        pytest.param(
            [(1, "complaint"), (2, "lifted"), (3, "unsubscribe")],
            ("unsubscribe", 3, None),
            id="what was lifted counts no more",
        ),
        pytest.param([(1, "erased")], ("erased", 1, 1), id="who is forgotten"),
        pytest.param(
            [(1, "complaint"), (2, "erased")], ("complaint", 2, 2), id="who is forgotten and blocked"
        ),
        pytest.param([(1, "erased"), (2, "confirmed")], ("confirmed", 2, 1), id="who came as somebody new"),
        pytest.param(
            [(1, "confirmed"), (1, "complaint")], ("complaint", 1, None), id="at the very same time"
        ),
        pytest.param([(1, "complaint"), (1, "confirmed")], ("complaint", 1, None), id="the other way about"),
    ],
)
def test_the_last_word_on_a_mailbox(
    tmp_path: Path, lines: list[tuple[int, str]], last: tuple[str, int, int | None]
) -> None:
    file = tmp_path / "journal"
    file.write_text("".join(line_of(at=at(minutes), key=KEY, entry=word) for minutes, word in lines))

    word, minutes, erased = last
    assert read_journals([file]).final_states == {
        KEY: MailboxState(word, at(minutes), None if erased is None else at(erased))
    }


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("2026-11-02T09:30:00.000000Z", id="a time alone"),
        pytest.param(f"2026-11-02T09:30:00.000000Z {'1' * 63} unsubscribe\n", id="a short key"),
        pytest.param(f"2026-11-02T09:30:00.000000Z {'1' * 64} unsubscribed\n", id="an unknown word"),
        pytest.param(f"2026-11-02T09:30:00.000000Z {'1' * 64} unsubscribe", id="without its end"),
        pytest.param(f"2026-13-02T09:30:00.000000Z {'1' * 64} unsubscribe\n", id="no such month"),
        pytest.param(f"2026-11-02T09:30:00.000000+02:00 {'1' * 64} unsubscribe\n", id="another zone"),
        pytest.param("ada@example.com unsubscribe\n", id="an address"),
        pytest.param("\x00\x00\x00\n", id="what a crashed machine leaves"),
    ],
)
def test_what_is_no_whole_line_is_named_and_left_out(tmp_path: Path, line: str) -> None:
    file = tmp_path / "journal"
    file.write_text("\n" + line)

    found = read_journals([file])

    assert (found.final_states, found.unreadable) == ({}, (f"{file}:2",))


def test_a_line_is_in_utc() -> None:
    there = datetime.fromisoformat("2026-11-02T11:30:00+02:00")

    assert line_of(at=there, key=KEY, entry="lifted") == (f"2026-11-02T09:30:00.000000Z {'01' * 32} lifted\n")
    assert there.astimezone(UTC) == NOW
