"""A journal of suppressions beside the database: it holds the changes that a restored backup lacks.

Each line is a time of the database's clock, the key of a mailbox in hex, and an entry: the reason of a suppression,
`lifted` by staff, or `confirmed` by a reader who came or came back. It holds no address.

A suppression is written before its transaction commits, so that no committed one is missing. One that was rolled back
costs a reader their mail after a restore, at worst. A lifting is written after its commit, since one that did not happen
would do harm. Both read the time while they lock the mailbox, so times tell the order, whatever the order of the lines.
Where the journal can't be written, the change goes through all the same, and its lines go into the log as an error.
"""

import errno
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction

from newsletter.deliveries.database import database_now

log = structlog.get_logger(__name__)

LIFTED, CONFIRMED = "lifted", "confirmed"
# The later ones win where one mailbox has had several.
STRENGTH = ["unsubscribe", "erased", "hard_bounce", "complaint", "manual"]

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
LINE = re.compile(
    rf"(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{6}}Z) ([0-9a-f]{{64}}) ({'|'.join([*STRENGTH, LIFTED, CONFIRMED])})\r?\n"
)


@dataclass(frozen=True, slots=True)
class MailboxState:
    """The final state of one mailbox: `entry` since `at`; `erased_at` is when its reader was last erased, if ever."""

    entry: str
    at: datetime
    erased_at: datetime | None

    @property
    def is_suppressed(self) -> bool:
        return self.entry in STRENGTH


# --- Writing ------------------------------------------------------------------------------------


def note_suppressed(keys: Iterable[bytes], reason: str) -> None:
    """Journal suppressions at once; to be called in the transaction that made them."""
    if settings.SUPPRESSION_JOURNAL:
        at = database_now()
        _append([line_of(at=at, key=key, entry=reason) for key in keys])


def note_lifted(key: bytes, entry: str) -> None:
    """Journal LIFTED or CONFIRMED once the transaction has committed; to be called in it."""
    if settings.SUPPRESSION_JOURNAL:
        line = line_of(at=database_now(), key=key, entry=entry)
        transaction.on_commit(lambda: _append([line]))


def line_of(*, at: datetime, key: bytes, entry: str) -> str:
    """A line of the journal, with its line break."""
    return f"{at.astimezone(UTC).strftime(TIME)} {key.hex()} {entry}\n"


def _append(lines: Sequence[str]) -> None:
    if not lines:
        return
    try:
        write_through(settings.SUPPRESSION_JOURNAL, "".join(lines).encode())
    except OSError as error:
        log.error("suppression_not_journaled", error=error.strerror, lines=[line.strip() for line in lines])


def write_through(path: str, text: bytes) -> None:
    """Append in one piece, even beside other writers; the text is on the disk when this returns. Raises OSError."""
    # Opened anew each time, so that the file may be moved away at any time.
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        # A line that broke off, with the machine or a full disk, must not take this one along.
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        piece = b"\n" + text if is_torn else text
        if os.write(descriptor, piece) < len(piece):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
        if size == 0:
            _write_folder_through(Path(path).parent)
    finally:
        os.close(descriptor)


def is_writable(path: Path) -> bool:
    """Whether this process may append to the file, or make it, and the disk has room. Nothing is written."""
    target = path if path.is_file() else path.parent
    try:
        has_room = os.statvfs(target).f_bavail > 0
    except OSError:
        return False
    return has_room and path.parent.is_dir() and not path.is_dir() and os.access(target, os.W_OK)


def _write_folder_through(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- Reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Journal:
    """Final states by mailbox key, and the lines that could not be read, as `file:number`."""

    final_states: dict[bytes, MailboxState]
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Line:
    """Sorts by time; of two lines at the very same time the suppression is the later one."""

    at: datetime
    is_suppression: bool
    key: bytes
    entry: str


def read_journals(paths: Sequence[Path]) -> Journal:
    """Read journals of several machines, or parts of one, in any order. Raises OSError.

    All lines are held in memory: some 300 MB for a million lines.
    """
    readable: list[_Line] = []
    unreadable: list[str] = []
    for path in paths:
        with path.open(encoding="ascii", errors="replace", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                if parsed := _parsed(line):
                    readable.append(parsed)
                elif line.strip():
                    unreadable.append(f"{path}:{number}")
    final_states: dict[bytes, MailboxState] = {}
    for each in sorted(readable):
        final_states[each.key] = _after(final_states.get(each.key), each)
    return Journal(final_states, tuple(unreadable))


def _parsed(line: str) -> _Line | None:
    match, at = LINE.fullmatch(line), time_of(line)
    if match is None or at is None:
        return None
    return _Line(at, match[3] in STRENGTH, bytes.fromhex(match[2]), match[3])


def time_of(line: str) -> datetime | None:
    """The time at the beginning of a line of either journal; None where no calendar has it."""
    try:
        return datetime.fromisoformat(line.partition(" ")[0])
    except ValueError:
        return None


def _after(before: MailboxState | None, line: _Line) -> MailboxState:
    erased_at = before.erased_at if before else None
    if line.entry == "erased":
        erased_at = line.at
    entry = line.entry
    if before and before.is_suppressed and line.is_suppression:
        entry = max(before.entry, entry, key=STRENGTH.index)
    return MailboxState(entry, line.at, erased_at)
