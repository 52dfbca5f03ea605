"""A journal of suppressions beside the database: what a restored backup has forgotten stands in it.

Each line is a time of the database's clock, the key of a mailbox in hex, and a word: the reason of a suppression, `lifted`
by staff, or `confirmed` by the reader, who came or came back. No address is in it.

A suppression is written before its transaction commits, so none that was committed is missing; one that was rolled back
keeps somebody unmailed after a restore, at worst. A lifting is written after its commit, since one that never happened
would do harm. Both take their time while they hold the mailbox, so the later time is the later deed, whatever the order of
the lines. Where the journal can't be written, people may leave all the same: the lines go into the log as an error.
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
    rf"(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{6}}Z) ([0-9a-f]{{64}}) ({'|'.join([*STRENGTH, LIFTED, CONFIRMED])})\n"
)


@dataclass(frozen=True, slots=True)
class LastWord:
    """What a journal says of one mailbox in the end: `word` since `at`, and when its reader was last erased, if ever."""

    word: str
    at: datetime
    erased_at: datetime | None

    @property
    def is_suppressed(self) -> bool:
        return self.word in STRENGTH


# --- Writing ------------------------------------------------------------------------------------


def note_suppressed(keys: Iterable[bytes], reason: str) -> None:
    """To be called in the transaction that has just done it."""
    if settings.SUPPRESSION_JOURNAL:
        at = database_now()
        _append([line_of(at=at, key=key, word=reason) for key in keys])


def note_lifted(key: bytes, word: str) -> None:
    """To be called in the transaction that has just done it."""
    if settings.SUPPRESSION_JOURNAL:
        line = line_of(at=database_now(), key=key, word=word)
        transaction.on_commit(lambda: _append([line]))


def line_of(*, at: datetime, key: bytes, word: str) -> str:
    return f"{at.astimezone(UTC).strftime(TIME)} {key.hex()} {word}\n"


def _append(lines: Sequence[str]) -> None:
    if not lines:
        return
    try:
        write_through(settings.SUPPRESSION_JOURNAL, "".join(lines).encode())
    except OSError as error:
        log.error("suppression_not_journaled", error=error.strerror, lines=[line.strip() for line in lines])


def write_through(path: str, text: bytes) -> None:
    """At the file's end in one piece, whoever else writes, and on the disk when this returns; raises OSError."""
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


def _write_folder_through(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- Reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Journal:
    """What was read: the last word on each mailbox, and where a line says nothing, as `file:number`."""

    words: dict[bytes, LastWord]
    unreadable: tuple[str, ...]


def read_journals(paths: Sequence[Path]) -> Journal:
    """Several machines may have kept one each, or one was moved away; raises OSError.

    All of it is held in memory, some 300 MB for a million lines.
    """
    said: list[tuple[datetime, bool, bytes, str]] = []
    unreadable: list[str] = []
    for path in paths:
        with path.open(encoding="ascii", errors="replace", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                if entry := _entry(line):
                    said.append(entry)
                elif line.strip():
                    unreadable.append(f"{path}:{number}")
    said.sort()
    words: dict[bytes, LastWord] = {}
    for at, _, key, word in said:
        words[key] = _then(words.get(key), at=at, word=word)
    return Journal(words, tuple(unreadable))


def _entry(line: str) -> tuple[datetime, bool, bytes, str] | None:
    match = LINE.fullmatch(line)
    if match is None:
        return None
    try:
        at = datetime.fromisoformat(match[1])
    except ValueError:
        return None
    # At the very same time the suppression is the later deed.
    return at, match[3] in STRENGTH, bytes.fromhex(match[2]), match[3]


def _then(before: LastWord | None, *, at: datetime, word: str) -> LastWord:
    erased_at = before.erased_at if before else None
    if word == "erased":
        erased_at = at
    if before and before.is_suppressed and word in STRENGTH:
        word = max(before.word, word, key=STRENGTH.index)
    return LastWord(word, at, erased_at)
