"""Reads subscribers that another tool exported: CSV (RFC 4180) with a header, line by line."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID

from backend.api.parameters import SLUG
from catalog.models import Category
from newsletter.models import Subscriber
from newsletter.readers.addresses import InvalidAddress, canonical, key_of
from newsletter.readers.serializers import MAX_CHOICES
from reviews.models import Reviewer

REQUIRED = ("email", "confirmed_at")
OPTIONAL = ("frequency", "topics", "reviewers")
# Exports write 0 or 1970 for a reader who did not confirm; consent by mail is younger than this.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class SubscriberFileError(Exception):
    """The file can't be read any further, at this line or at all."""

    def __init__(self, reason: str, *, line: int) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Row:
    """One reader, with the ids of the chosen topics and reviewers."""

    line: int
    address: str
    key: bytes
    confirmed_at: datetime
    frequency: str
    topics: tuple[UUID, ...]
    reviewers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class BadLine:
    """Why a line can't be imported; `address` is masked."""

    line: int
    address: str
    reason: str


class _BadValueError(ValueError):
    pass


def read_subscribers(file: Path, *, now: datetime) -> Iterator[Row | BadLine]:
    """The lines after the header, in order; none is kept in memory.

    Reads the known slugs from the database at once: two queries, and none later. The iterator raises
    SubscriberFileError and OSError.
    """
    known = {
        "topics": dict(Category.objects.values_list("slug", "pk")),
        "reviewers": dict(Reviewer.objects.values_list("slug", "pk")),
    }
    return _read(file, known=known, now=now)


def _read(file: Path, *, known: Mapping[str, Mapping[str, UUID]], now: datetime) -> Iterator[Row | BadLine]:
    # Bytes that are not UTF-8 become characters that no value may hold, so that their line can be named.
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        records = _records(stream)
        _, header = next(records, (1, []))
        columns = _columns(header)
        for line, fields in records:
            values = dict(zip(columns, fields, strict=False))
            try:
                if len(fields) != len(columns):
                    raise _BadValueError(f"has {len(fields)} fields, not {len(columns)}")
                yield _row(line, values, known=known, now=now)
            except _BadValueError as error:
                yield BadLine(line, hidden(values.get("email", "")), str(error))


def hidden(address: str) -> str:
    """The address masked, so that the line can be found; `…` for text that is no address."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if at and re.fullmatch(r"[\w.-]{1,253}", domain) else "…"


def _records(stream: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of the line that it begins in, without empty lines."""
    reader = csv.reader(stream, strict=True)
    begins = 1
    try:
        for fields in reader:
            if fields:
                yield begins, fields
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SubscriberFileError(f"is no CSV: {error}", line=begins) from None


def _columns(header: list[str]) -> list[str]:
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name not in REQUIRED + OPTIONAL]
    if missing:
        raise SubscriberFileError(f"names no column {' and '.join(missing)}; commas part columns", line=1)
    if unknown or len(set(header)) < len(header):
        names = ", ".join(REQUIRED + OPTIONAL)
        raise SubscriberFileError(f"may name each of these columns once, and no other: {names}", line=1)
    return header


def _row(
    line: int, values: Mapping[str, str], *, known: Mapping[str, Mapping[str, UUID]], now: datetime
) -> Row:
    try:
        address = canonical(values["email"])
    except InvalidAddress:
        raise _BadValueError("email: is no mail address that we can write to") from None
    frequency = values.get("frequency", "").strip() or Subscriber.Frequency.WEEKLY
    if frequency not in Subscriber.Frequency.values:
        raise _BadValueError(f"frequency: must be one of {', '.join(Subscriber.Frequency.values)}")
    return Row(
        line=line,
        address=address,
        key=key_of(address),
        confirmed_at=_time(values["confirmed_at"], now=now),
        frequency=frequency,
        topics=_chosen("topics", values, known["topics"]),
        reviewers=_chosen("reviewers", values, known["reviewers"]),
    )


def _time(text: str, *, now: datetime) -> datetime:
    """A time in UTC; text without a zone is taken as UTC."""
    try:
        time = datetime.fromisoformat(text.strip())
        time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _BadValueError("confirmed_at: must be like 2026-11-02T09:30:00Z") from None
    if not EARLIEST <= time <= now:
        raise _BadValueError("confirmed_at: must lie between 1990 and now")
    return time


def _chosen(name: str, values: Mapping[str, str], known: Mapping[str, UUID]) -> tuple[UUID, ...]:
    slugs = dict.fromkeys(filter(None, (slug.strip() for slug in values.get(name, "").split(";"))))
    if len(slugs) > MAX_CHOICES:
        raise _BadValueError(f"{name}: are more than {MAX_CHOICES}")
    unknown = [slug for slug in slugs if slug not in known]
    if unknown:
        # Where fields are shifted, an address may stand here.
        slug = unknown[0] if re.fullmatch(SLUG, unknown[0]) else "…"
        raise _BadValueError(f"{name}: there is none with the slug {slug}; semicolons part them")
    return tuple(known[slug] for slug in slugs)
