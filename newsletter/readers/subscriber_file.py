"""Reads subscribers that another tool exported: CSV (RFC 4180) with a header, line by line.

Spreadsheets write UTF-16, semicolons and byte order marks: all of them are read, as the first line has them.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TextIO
from uuid import UUID

from backend.api.formulas import without_escape, without_inner_escapes
from backend.api.parameters import SLUG
from catalog.models import Category
from newsletter.models import Subscriber
from newsletter.readers.addresses import InvalidAddress, canonical, key_of
from newsletter.readers.other_tools import UntoldStatusError, refuse_untold
from newsletter.readers.serializers import MAX_CHOICES
from newsletter.readers.subscriber_columns import (
    STATUS,
    WANTED,
    Columns,
    UnknownColumnsError,
    UnknownWordError,
    columns_of,
)
from reviews.models import Reviewer

# Of a reader who gets every topic, and of one who gets none.
EVERY_TOPIC, NO_TOPIC = "*", "-"
# Exports write 0 or 1970 for a reader who did not confirm; consent by mail is younger than this.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# The first line that Excel writes, or wants, to be told what parts the columns.
SEPARATOR = re.compile(r'\ufeff?"?sep=([,;\t|])"?\s*', re.IGNORECASE)
GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)\d* ([+-]\d{4})(?: \S+)?(?: m=\S+)?")


class SubscriberFileError(Exception):
    """The file can't be read any further, at this line or at all."""

    def __init__(self, reason: str, *, line: int) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Row:
    """One reader, with the ids of the chosen topics (None: every topic) and reviewers.

    `objection` says why they must not be mailed, else it is empty: UNCONFIRMED or the reason of a suppression. Only
    without one there is always a time of confirmation.
    """

    line: int
    address: str
    key: bytes
    objection: str
    confirmed_at: datetime | None
    frequency: str
    topics: tuple[UUID, ...] | None
    reviewers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class BadLine:
    """Why a line can't be imported; `address` is masked."""

    line: int
    address: str
    reason: str


class _BadValueError(ValueError):
    pass


def read_subscribers(
    file: Path, *, now: datetime, unread: Sequence[str] = (), status: str = "", objection: str = WANTED
) -> Iterator[Row | BadLine]:
    """The lines after the header, in order; none is kept in memory.

    `unread` names columns to leave out. `status`, one of STATUSES, holds for each line beside what its columns say;
    `objection` is that of each line in a file that says nothing else. Reads the known slugs from the database at once: two
    queries, and none later. The iterator raises SubscriberFileError and OSError.
    """
    known = {
        "topics": dict(Category.objects.values_list("slug", "pk")),
        "reviewers": dict(Reviewer.objects.values_list("slug", "pk")),
    }
    return _read(
        file,
        _Reading(known=known, now=now, unread=unread, status=status, objection=objection, name=file.name),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    known: Mapping[str, Mapping[str, UUID]]
    now: datetime
    unread: Sequence[str]
    status: str
    objection: str
    name: str


def _read(file: Path, reading: _Reading) -> Iterator[Row | BadLine]:
    # Bytes of another encoding become characters that no value may hold, so that their line can be named.
    with file.open(encoding=_encoding_of(file), errors="surrogateescape", newline="") as stream:
        records = _records(stream)
        _, header = next(records, (1, []))
        columns = _columns(header, reading)
        for line, fields in records:
            try:
                if len(fields) != columns.number:
                    raise _BadValueError(f"has {len(fields)} fields, not {columns.number}")
                yield _row(line, fields, columns, reading)
            except (_BadValueError, UnknownWordError) as error:
                place = columns.read["email"]
                yield BadLine(line, hidden(fields[place] if place < len(fields) else ""), str(error))


def _encoding_of(file: Path) -> str:
    """UTF-8 or UTF-16, by the byte order mark; without one, UTF-16 has a NUL beside each letter of the header."""
    with file.open("rb") as stream:
        begins = stream.read(64)
    if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in begins[:2]:
        return "utf-16-be" if begins[0] == 0 else "utf-16-le"
    return "utf-8-sig"


def hidden(address: str) -> str:
    """The address masked, so that the line can be found; `…` for text that is no address."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if at and re.fullmatch(r"[\w.-]{1,253}", domain) else "…"


def _records(stream: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of the line that it begins in, without empty lines."""
    begins = 1
    try:
        first, before = stream.readline(), 0
        if said := SEPARATOR.fullmatch(first):
            first, before = stream.readline(), 1
        # Whatever parts the header parts the rest; a header without any has one column.
        delimiter = said[1] if said else max(",;\t", key=first.count)
        reader = csv.reader(chain([first], stream), strict=True, delimiter=delimiter)
        begins += before
        for fields in reader:
            if fields:
                yield begins, [without_escape(without_inner_escapes(field)) for field in fields]
            begins = reader.line_num + 1 + before
    except csv.Error as error:
        raise SubscriberFileError(f"is no CSV: {error}", line=begins) from None
    except UnicodeDecodeError:
        raise SubscriberFileError("is neither UTF-8 nor UTF-16", line=begins) from None


def _columns(header: list[str], reading: _Reading) -> Columns:
    try:
        columns = columns_of(header, unread=reading.unread, status=reading.status, file_name=reading.name)
        if not (columns.status or reading.objection):
            refuse_untold(columns.names, words_of_status=STATUS)
    except (UnknownColumnsError, UntoldStatusError) as error:
        raise SubscriberFileError(str(error), line=1) from None
    if "confirmed_at" not in columns.read and not reading.objection:
        raise SubscriberFileError("names no column confirmed_at", line=1)
    return columns


def _row(line: int, fields: Sequence[str], columns: Columns, reading: _Reading) -> Row:
    try:
        address = canonical(columns.value("email", fields))
    except InvalidAddress:
        raise _BadValueError("email: is no mail address that we can write to") from None
    confirmed_at = None
    objection = columns.objection(fields) if columns.says_who_wants_mail else reading.objection
    # Who must not be mailed may never have confirmed.
    if not (objection or reading.objection):
        columns.refuse_accounts(fields)
        confirmed_at = _time(columns.value("confirmed_at", fields), now=reading.now)
    frequency = columns.value("frequency", fields) or Subscriber.Frequency.WEEKLY
    if frequency not in Subscriber.Frequency.values:
        raise _BadValueError(f"frequency: must be one of {', '.join(Subscriber.Frequency.values)}")
    topics = columns.value("topics", fields)
    known = reading.known
    return Row(
        line=line,
        address=address,
        key=key_of(address),
        objection=objection,
        confirmed_at=confirmed_at,
        frequency=frequency,
        topics=None if topics in {"", EVERY_TOPIC} else _chosen("topics", topics, known["topics"]),
        reviewers=_chosen("reviewers", columns.value("reviewers", fields), known["reviewers"]),
    )


def _time(text: str, *, now: datetime) -> datetime:
    """A time in UTC; text without a zone is taken as UTC. listmonk writes the zone twice, with a space before."""
    if match := GO_TIME.fullmatch(text):
        text = f"{match[1]}{match[2]}"
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _BadValueError("confirmed_at: must be like 2026-11-02T09:30:00Z") from None
    if not EARLIEST <= time <= now:
        raise _BadValueError("confirmed_at: must lie between 1990 and now")
    return time


def _chosen(name: str, text: str, known: Mapping[str, UUID]) -> tuple[UUID, ...]:
    if text == NO_TOPIC:
        return ()
    slugs = dict.fromkeys(filter(None, (slug.strip() for slug in text.split(";"))))
    if len(slugs) > MAX_CHOICES:
        raise _BadValueError(f"{name}: are more than {MAX_CHOICES}")
    unknown = [slug for slug in slugs if slug not in known]
    if unknown:
        # Where fields are shifted, an address may stand here.
        slug = unknown[0] if re.fullmatch(SLUG, unknown[0]) else "…"
        raise _BadValueError(f"{name}: there is none with the slug {slug}; semicolons part them")
    return tuple(known[slug] for slug in slugs)
