"""The journal of mailings: what was mailed stands outside the database, and on the disk before it leaves."""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from newsletter.models import Edition, MailingJournal
from newsletter.sending import mailings
from newsletter.sending.mailings import Mailing, Mailings, read_file, read_mailings
from tests.factories import NOW, EditionFactory

pytestmark = pytest.mark.django_db

ID = "0f6b3f0e-3f5a-4c0e-9c54-0d1f2a3b4c5d"
OTHER = "1f6b3f0e-3f5a-4c0e-9c54-0d1f2a3b4c5d"


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "suppressions")
    return tmp_path / "suppressions.mailings"


def joined() -> None:
    mailings.note_joined(mailings.join(read_file()))


def events(file: Path) -> list[str]:
    """The number and the event of each line."""
    return [" ".join(line.split(" ")[2:]) for line in file.read_text().splitlines()]


def test_each_line_has_a_number_that_the_database_knows_too(file: Path) -> None:
    joined()

    mailings.note_begun("2026-W48")
    mailings.note_alive(read_file())

    assert events(file) == ["0 joined", "1 begun 2026-W48", "2 alive"]
    assert read_file().number == MailingJournal.objects.get().number == 2
    assert b"@" not in file.read_bytes()


def test_a_days_mail_is_noted_like_a_weeks(file: Path) -> None:
    joined()

    mailings.note_begun("2026-11-28")

    assert events(file) == ["0 joined", "1 begun 2026-11-28"]
    assert (list(read_file().weeks), read_file().unreadable) == (["2026-11-28"], ())


def test_a_week_is_begun_once_however_many_rounds_begin(file: Path) -> None:
    joined()

    for _ in range(3):
        mailings.note_begun("2026-W48")

    assert events(file) == ["0 joined", "1 begun 2026-W48"]


def test_a_week_is_on_the_disk_when_it_is_begun(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system was asked to write through, by the file's name; the real calls are made."""
    joined()
    written: list[str] = []
    write_through = os.fsync

    def watched(descriptor: int) -> None:
        written.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        write_through(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    mailings.note_begun("2026-W48")

    assert written == [file.name]


@pytest.mark.parametrize(
    ("state", "is_finished"), [("done", True), ("cancelled", True), ("sending", False), ("paused", False)]
)
def test_a_week_is_finished_when_its_edition_is_over(file: Path, state: str, is_finished: bool) -> None:
    joined()
    mailings.note_begun("2026-W48")
    EditionFactory(week="2026-W48", state=state, frozen_at=NOW, prepared_at=NOW, audience=0, done_at=NOW)

    mailings.note_finished()
    mailings.note_finished()

    finished = ["2 finished 2026-W48"] if is_finished else []
    assert events(file) == ["0 joined", "1 begun 2026-W48", *finished]


def test_a_week_that_was_never_frozen_here_is_not_finished_by_being_cancelled(file: Path) -> None:
    joined()
    mailings.note_begun("2026-W48")
    EditionFactory(week="2026-W48", state="cancelled", frozen_at=None)

    mailings.note_finished()

    assert Edition.objects.exists()
    assert read_file().weeks["2026-W48"].finished_at is None


def test_without_the_setting_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    settings.SUPPRESSION_JOURNAL = ""

    mailings.note_begun("2026-W48")
    mailings.note_finished()

    assert (read_file(), list(tmp_path.iterdir())) == (Mailings(), [])


def test_a_week_that_cannot_be_written_is_an_error(file: Path) -> None:
    joined()
    file.unlink()
    file.mkdir()

    with pytest.raises(IsADirectoryError):
        mailings.note_begun("2026-W48")


# --- Reading ------------------------------------------------------------------------------------


def line(number: int, event: str, *, journal: str = ID, hour: int = 7) -> str:
    return f"2026-11-24T{hour:02}:00:00.000000Z {journal} {number} {event}\n"


def at(hour: int) -> datetime:
    return datetime(2026, 11, 24, hour, tzinfo=UTC)


def test_lines_in_any_order_and_torn_ones_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mailings"
    path.write_text(
        line(3, "finished 2026-W48", hour=9)
        + line(2, "begun 2026-W48", hour=8)
        + line(4, "begun 2026-W49", hour=10)
        + "2026-11-24T07:00:00.0000"
    )

    assert read_mailings([path]) == Mailings(
        UUID(ID), 4, {"2026-W48": Mailing(at(8), at(9)), "2026-W49": Mailing(at(10))}, (f"{path}:4",)
    )


@pytest.mark.parametrize(
    ("text", "weeks", "unreadable"),
    [
        pytest.param(
            line(1, "begun 2026-W48").replace("\n", "\r\n"), ["2026-W48"], [], id="Windows line ends"
        ),
        pytest.param(line(1, "begun 2026-W48") * 3, ["2026-W48"], [], id="a line three times"),
        pytest.param(
            line(1, "begun 2026-W48").replace("-11-", "-13-") + line(2, "begun 2026-W49"),
            ["2026-W49"],
            [1],
            id="a month that no year has",
        ),
        pytest.param("\n\n" + line(1, "begun 2026-W48"), ["2026-W48"], [], id="empty lines"),
        pytest.param(line(1, "begun 2026-W48").encode("utf-16").decode("latin-1"), [], [1, 2], id="UTF-16"),
    ],
)
def test_lines_that_an_editor_changed_are_read_or_named(
    tmp_path: Path, text: str, weeks: list[str], unreadable: list[int]
) -> None:
    path = tmp_path / "mailings"
    path.write_bytes(text.encode("latin-1"))

    found = read_mailings([path])

    assert list(found.weeks) == weeks
    assert found.unreadable == tuple(f"{path}:{number}" for number in unreadable)


def test_several_journals_know_their_weeks_together(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(line(9, "begun 2026-W48", hour=8))
    second.write_text(
        line(1, "begun 2026-W48", journal=OTHER, hour=7) + line(2, "begun 2026-W49", journal=OTHER)
    )

    found = read_mailings([first, second])

    assert (found.journal, found.number) == (UUID(OTHER), 2)
    assert found.weeks == {"2026-W48": Mailing(at(7)), "2026-W49": Mailing(at(7))}


@pytest.mark.parametrize(
    ("mailing", "words"),
    [
        (Mailing(at(7)), "begun on 24 Nov 2026 07:00 UTC, and is not known to have been finished"),
        (Mailing(at(7), at(9)), "begun on 24 Nov 2026 07:00 UTC and finished on 24 Nov 2026 09:00 UTC"),
    ],
)
def test_a_mailing_says_when_it_was(mailing: Mailing, words: str) -> None:
    assert str(mailing) == words
