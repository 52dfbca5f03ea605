"""Imports subscribers of another tool. It does not subscribe again a reader who left us or is suppressed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from backend.api.ids import new_id
from newsletter.readers.subscriber_file import BadLine, Row, read_subscribers

STAGE = """
CREATE TEMPORARY TABLE newsletter_import (
    line int, id uuid, address text, address_key bytea, confirmed_at timestamptz, frequency text,
    topics uuid[], reviewers uuid[]
) ON COMMIT DROP
"""
FILL = "COPY newsletter_import FROM STDIN"

# The lines that are not added, by reason; in this order, so that each line is counted once.
LEAVE_OUT = {
    "repeated": """
DELETE FROM newsletter_import i
USING (SELECT address_key, min(line) AS line FROM newsletter_import GROUP BY address_key) first
WHERE first.address_key = i.address_key AND i.line > first.line
""",
    "suppressed": """
DELETE FROM newsletter_import i USING newsletter_suppression x WHERE x.address_key = i.address_key
""",
    "left": """
DELETE FROM newsletter_import i USING newsletter_subscriber s
WHERE s.address_key = i.address_key AND s.status = 'unsubscribed'
""",
    "subscribed": """
DELETE FROM newsletter_import i USING newsletter_subscriber s
WHERE s.address_key = i.address_key AND s.status = 'active'
""",
}

# A pending subscriber of ours has confirmed to the other tool. The record says when, and that the reader saw other words
# than ours.
ADD = """
WITH added AS (
    INSERT INTO newsletter_subscriber AS s (
        id, address, address_key, status, frequency, confirmed_at, created_at, updated_at
    )
    SELECT id, address, address_key, 'active', frequency, confirmed_at, %(now)s, %(now)s
    FROM newsletter_import ORDER BY line
    ON CONFLICT (address_key) DO UPDATE SET
        status = 'active', frequency = EXCLUDED.frequency,
        confirmed_at = EXCLUDED.confirmed_at, updated_at = EXCLUDED.updated_at
    WHERE s.status = 'pending'
    RETURNING s.id, s.address_key
), topics AS (
    INSERT INTO newsletter_subscriber_topics (subscriber_id, category_id)
    SELECT added.id, unnest(i.topics) FROM added JOIN newsletter_import i USING (address_key)
    ON CONFLICT DO NOTHING
), reviewers AS (
    INSERT INTO newsletter_subscriber_reviewers (subscriber_id, reviewer_id)
    SELECT added.id, unnest(i.reviewers) FROM added JOIN newsletter_import i USING (address_key)
    ON CONFLICT DO NOTHING
), recorded AS (
    INSERT INTO newsletter_consent (address_key, deed, source, wording, created_at)
    SELECT i.address_key, 'confirmed', 'staff', 'imported', i.confirmed_at
    FROM added JOIN newsletter_import i USING (address_key) ORDER BY i.line
)
SELECT count(*) FROM added
"""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many lines had which result; `is_written` says whether the import was committed."""

    lines: int
    bad: int
    repeated: int
    suppressed: int
    left: int
    subscribed: int
    added: int
    is_written: bool


def import_subscribers(
    *,
    file: Path,
    now: datetime,
    on_bad_line: Callable[[BadLine], object],
    skips_bad_lines: bool = False,
    is_dry_run: bool = False,
) -> ImportReport:
    """Import all lines or, where one is bad, none; with `skips_bad_lines` all but the bad ones. It sends no mail.

    One transaction and eight statements for a file of any length, which is read line by line. Raises
    SubscriberFileError and OSError, and then has written nothing.
    """
    lines = read_subscribers(file, now=now)
    counts = {"lines": 0, "bad": 0}

    def good(lines: Iterator[Row | BadLine]) -> Iterator[Row]:
        for line in lines:
            counts["lines"] += 1
            if isinstance(line, Row):
                yield line
            else:
                counts["bad"] += 1
                on_bad_line(line)

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(FILL) as copy:
            for row in good(lines):
                copy.write_row(_staged(row))
        cursor.execute("ANALYZE newsletter_import")
        for why, statement in LEAVE_OUT.items():
            cursor.execute(statement)
            counts[why] = cursor.rowcount
        cursor.execute(ADD, {"now": now})
        ((counts["added"],),) = cursor.fetchall()
        is_written = not is_dry_run and (skips_bad_lines or not counts["bad"])
        transaction.set_rollback(not is_written)
    return ImportReport(**counts, is_written=is_written)


def _staged(row: Row) -> tuple[Any, ...]:
    return (
        row.line,
        new_id(),
        row.address,
        row.key,
        row.confirmed_at,
        row.frequency,
        list(row.topics),
        list(row.reviewers),
    )
