"""Which database sends: the original alone, and one that staff have let. A copy, an older self and a stranger don't."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from newsletter.deliveries import claims
from newsletter.models import Edition, MailingJournal, SendingIdentity
from newsletter.sending import identity, mailings
from newsletter.sending.identity import may_send
from newsletter.sending.mailings import read_file
from tests.database import at_once
from tests.factories import NOW, DeliveryFactory, EditionFactory
from tests.newsletter.deliveries.ledger import an_edition

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "suppressions")
    return tmp_path / "suppressions.mailings"


def refusal() -> str:
    return SendingIdentity.objects.get().refusal


def moved_elsewhere() -> None:
    """As a dump finds itself: its cluster is another than the one it was allowed in."""
    SendingIdentity.objects.update(cluster="7713101496893498269/00000001/16384")


def numbers_as_in_the_backup(number: int = 0) -> None:
    MailingJournal.objects.update(number=number)


# --- The original -------------------------------------------------------------------------------


def test_a_new_database_with_a_new_journal_sends_though_nobody_said_so(file: Path) -> None:
    assert may_send()

    known = SendingIdentity.objects.get()
    assert re.fullmatch(r"\d+/[0-9A-F]{8}/\d+", known.cluster)
    assert read_file().journal == MailingJournal.objects.get().pk
    assert may_send()


def test_a_new_database_sends_without_a_journal(settings: Settings) -> None:
    settings.SUPPRESSION_JOURNAL = ""

    assert may_send()
    assert may_send()
    assert not MailingJournal.objects.exists()


def test_processes_that_begin_at_once_take_one_database_for_the_original(file: Path) -> None:
    answers: list[bool] = []

    errors = at_once(*[lambda: answers.append(may_send())] * 6)

    assert errors == [None] * 6
    assert answers == [True] * 6
    assert MailingJournal.objects.count() == 1
    assert (SendingIdentity.objects.count(), refusal()) == (1, "")


def test_a_process_that_dies_before_the_journals_first_line_is_followed_by_one_that_writes_it(
    file: Path,
) -> None:
    may_send()
    file.unlink()

    assert may_send()
    assert read_file().journal == MailingJournal.objects.get().pk


def test_a_journal_that_comes_later_is_joined(file: Path, settings: Settings) -> None:
    settings.SUPPRESSION_JOURNAL = ""
    may_send()
    settings.SUPPRESSION_JOURNAL = str(file.with_suffix(""))

    assert may_send()
    assert read_file().journal == MailingJournal.objects.get().pk


def test_several_machines_may_share_a_journal(file: Path) -> None:
    may_send()
    for week in ("2026-W48", "2026-W49"):
        at_once(*[lambda week=week: mailings.note_begun(week)] * 3)

    assert may_send()
    assert set(read_file().weeks) == {"2026-W48", "2026-W49"}


def test_a_journal_of_which_no_line_can_be_read_is_no_new_one(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf\x00 damaged\n")

    assert not may_send()

    assert refusal() == (
        f"{file} has lines, and none that can be read: it may know of mail that this database does not."
    )
    identity.allow()
    assert may_send()


def test_once_an_hour_the_journal_hears_of_the_database(file: Path) -> None:
    may_send()
    MailingJournal.objects.update(noted_at=NOW - timedelta(days=400))

    may_send()
    may_send()

    assert [line.split()[3] for line in file.read_text().splitlines()] == ["joined", "alive"]


# --- Who isn't ----------------------------------------------------------------------------------


def test_a_copy_sends_nothing_and_says_so_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    may_send()
    moved_elsewhere()

    assert not may_send()
    assert not may_send()

    assert refusal() == (
        "This is a copy of the database that sends, or a standby that was promoted: its cluster is another."
    )
    [record] = [each for each in caplog.records if "sending_refused" in str(each.msg)]
    assert "manage.py allow_sending" in str(record.msg)
    assert "manage.py allow_sending" in identity.refusal()


def test_a_standby_that_is_promoted_during_a_round_has_no_copy_to_claim(file: Path) -> None:
    may_send()
    edition = an_edition(2)
    moved_elsewhere()
    refused = claims.claim(edition_id=edition.pk)

    identity.allow()
    Edition.objects.update(state="sending", state_reason="")

    assert (refused, len(claims.claim(edition_id=edition.pk))) == ([], 2)


def test_an_older_self_sends_nothing(file: Path) -> None:
    may_send()
    mailings.note_begun("2026-W48")
    numbers_as_in_the_backup()

    assert not may_send()
    assert refusal() == f"This is an older self of the database that sends: {file} has seen a later one."


def test_a_database_that_mailed_before_and_was_never_allowed_sends_nothing(file: Path) -> None:
    DeliveryFactory(state="accepted", accepted_at=NOW)

    assert not may_send()
    assert refusal() == "This database has mailed before, and nobody has allowed it to send from here."


def test_a_new_database_beside_the_journal_of_another_sends_nothing(file: Path) -> None:
    may_send()
    SendingIdentity.objects.all().delete()
    MailingJournal.objects.all().delete()

    assert not may_send()
    assert refusal() == f"{file} was written for another database."


def test_another_journal_in_the_journals_place_is_not_taken_for_it(file: Path) -> None:
    may_send()
    file.write_text(
        file.read_text().replace(str(read_file().journal), "0f6b3f0e-3f5a-4c0e-9c54-0d1f2a3b4c5d")
    )

    assert not may_send()
    assert refusal() == f"{file} was written for another database."


def test_without_the_journal_that_it_knows_a_database_sends_nothing(file: Path, settings: Settings) -> None:
    may_send()
    mailings.note_begun("2026-W48")
    moved = file.rename(file.with_suffix(".1"))

    assert not may_send()
    assert refusal() == f"{file} is not there, or not the one that this database knows."
    moved.rename(file)
    assert may_send()
    assert refusal() == ""
    settings.SUPPRESSION_JOURNAL = ""
    assert not may_send()
    assert refusal() == "The database that sends has a journal, and SUPPRESSION_JOURNAL names none here."


def test_a_journal_that_cannot_be_read_is_no_leave_to_send(file: Path) -> None:
    may_send()
    file.unlink()
    file.mkdir()

    assert not may_send()
    assert refusal() == f"{file} can't be read or written: Is a directory."


def test_another_name_sends_nothing(file: Path, settings: Settings) -> None:
    settings.SENDING_IDENTITY = "production"
    may_send()
    settings.SENDING_IDENTITY = "staging"

    assert not may_send()
    assert refusal() == 'SENDING_IDENTITY is "staging" here, and sending was allowed to "production".'


# --- Letting it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["copy", "older self", "lost journal", "never allowed", "other name"])
def test_what_staff_let_send_sends(file: Path, settings: Settings, kind: str) -> None:
    if kind == "never allowed":
        DeliveryFactory(state="accepted", accepted_at=NOW)
    may_send()
    mailings.note_begun("2026-W48")
    match kind:
        case "copy":
            moved_elsewhere()
        case "older self":
            numbers_as_in_the_backup()
        case "lost journal":
            file.unlink()
        case "other name":
            settings.SENDING_IDENTITY = "new"
    assert not may_send()

    allowed = identity.allow()

    assert allowed.refusal
    assert may_send()
    assert (refusal(), identity.refusal()) == ("", "")
    # And it is the later one from now on.
    mailings.note_begun("2026-W49")
    assert may_send()


def test_letting_it_send_pauses_what_was_under_way(file: Path) -> None:
    may_send()
    for number, state in enumerate(("draft", "frozen", "preparing", "sending", "done", "cancelled")):
        EditionFactory(
            week=f"2026-W4{number}",
            state=state,
            frozen_at=NOW,
            prepared_at=NOW if state in {"sending", "done"} else None,
            audience=0,
            done_at=NOW,
        )
    moved_elsewhere()

    allowed = identity.allow()

    assert allowed.paused == ["2026-W41", "2026-W42", "2026-W43"]
    paused = Edition.objects.filter(state="paused", resume_at=None)
    assert sorted(paused.values_list("week", flat=True)) == allowed.paused
    assert "its ledger may lack what was sent" in paused.first().state_reason  # type: ignore[union-attr]


def test_letting_one_send_that_does_changes_nothing(file: Path) -> None:
    may_send()
    EditionFactory(week="2026-W48", state="sending", frozen_at=NOW)
    written = file.read_text()

    assert identity.allow() == identity.Allowed("", [], 1)
    assert Edition.objects.get().state == "sending"
    assert file.read_text() == written
