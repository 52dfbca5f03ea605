"""The journal of mailings: a file outside the database that says which weeks and days were begun and finished.

It lies beside the journal of suppressions, whose name it has with `.mailings` behind it. Each line is a time of the
database's clock, the journal's id, the number of the line, and what happened: `joined`, `alive`, `begun WEEK` or
`finished WEEK`. No address is in it. A number is committed to the database before its line is written, so the journal
is never ahead of the database that it was written for, only of an older self.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from newsletter.deliveries.database import database_now
from newsletter.models import Edition, MailingJournal
from newsletter.readers.journal import TIME, time_of, write_through

SUFFIX = ".mailings"
JOINED, ALIVE, BEGUN, FINISHED = "joined", "alive", "begun", "finished"
LINE = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) (\d{1,18}) "
    r"(joined|alive|begun|finished)(?: (\d{4}-(?:W\d\d|\d\d-\d\d)))?\r?\n"
)


@dataclass(frozen=True, slots=True)
class Mailing:
    """When a week was begun, and finished if it was."""

    begun_at: datetime
    finished_at: datetime | None = None

    def __str__(self) -> str:
        """For people: `begun on 24 Nov 2026 07:00 UTC and finished on …`."""
        begun = f"begun on {self.begun_at:%-d %b %Y %H:%M} UTC"
        if self.finished_at is None:
            return f"{begun}, and is not known to have been finished"
        return f"{begun} and finished on {self.finished_at:%-d %b %Y %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Mailings:
    """What a file says: the journal's id, the highest number of a line, and the weeks that were mailed.

    `unreadable` are the lines that say nothing, as `file:number`: they broke off, or no journal wrote them.
    """

    journal: UUID | None = None
    number: int = 0
    weeks: Mapping[str, Mailing] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()


def file() -> Path | None:
    """Where this machine's lies; None where SUPPRESSION_JOURNAL names none."""
    return Path(f"{settings.SUPPRESSION_JOURNAL}{SUFFIX}") if settings.SUPPRESSION_JOURNAL else None


def read_file() -> Mailings:
    """This machine's; one that is not there says nothing. Raises OSError."""
    path = file()
    if path is None or not path.exists():
        return Mailings()
    return read_mailings([path])


def read_mailings(paths: Iterable[Path]) -> Mailings:
    """Of several journals the id and number are the last one's; raises OSError."""
    weeks: dict[str, Mailing] = {}
    unreadable: list[str] = []
    journal, number = None, 0
    for path in paths:
        with path.open(encoding="ascii", errors="replace", newline="\n") as lines:
            for place, line in enumerate(lines, start=1):
                match, at = LINE.fullmatch(line), time_of(line)
                if match is None or at is None:
                    unreadable += [f"{path}:{place}"] if line.strip() else []
                    continue
                if journal != UUID(match[2]):
                    journal, number = UUID(match[2]), 0
                number = max(number, int(match[3]))
                if match[5]:
                    weeks[match[5]] = _then(weeks.get(match[5]), at=at, is_finished=match[4] == FINISHED)
    return Mailings(journal, number, weeks, tuple(unreadable))


def _then(before: Mailing | None, *, at: datetime, is_finished: bool) -> Mailing:
    if before is None:
        return Mailing(at, at if is_finished else None)
    if is_finished:
        return Mailing(before.begun_at, at)
    return Mailing(min(before.begun_at, at), before.finished_at)


# --- Writing ------------------------------------------------------------------------------------


def join(found: Mailings) -> MailingJournal:
    """Have this database know this machine's journal, as far as it is written. `note_joined` is to follow the commit."""
    journal = MailingJournal(id=found.journal or uuid4(), number=found.number, noted_at=database_now())
    MailingJournal.objects.bulk_create(
        [journal], update_conflicts=True, unique_fields=["id"], update_fields=["number", "noted_at"]
    )
    return journal


def note_joined(journal: MailingJournal) -> None:
    """Raises OSError. Doing it again does no harm."""
    _write(journal.pk, journal.number, JOINED, at=journal.noted_at)


def note_alive(found: Mailings) -> None:
    """So that an older self of the database is known by its lower number, though no week was mailed since."""
    if found.journal:
        _note(found.journal, ALIVE)


def note_begun(week: str) -> None:
    """On the disk when this returns, before the first copy of the week leaves; raises OSError."""
    found = read_file()
    if found.journal and week not in found.weeks:
        _note(found.journal, f"{BEGUN} {week}")


def note_finished() -> None:
    """Note the weeks that were begun and are over by now. Raises OSError."""
    found = read_file()
    open_weeks = [week for week, mailing in found.weeks.items() if mailing.finished_at is None]
    if not (found.journal and open_weeks):
        return
    over = Edition.objects.filter(week__in=open_weeks, frozen_at__isnull=False)
    for week in over.filter(state__in=["done", "cancelled"]).order_by("week").values_list("week", flat=True):
        _note(found.journal, f"{FINISHED} {week}")


def _note(journal: UUID, event: str) -> None:
    now = database_now()
    with transaction.atomic():
        row = MailingJournal.objects.select_for_update().get(pk=journal)
        row.number, row.noted_at = row.number + 1, now
        row.save()
    _write(journal, row.number, event, at=now)


def _write(journal: UUID, number: int, event: str, *, at: datetime) -> None:
    line = f"{at.astimezone(UTC).strftime(TIME)} {journal} {number} {event}\n"
    write_through(str(file()), line.encode())
