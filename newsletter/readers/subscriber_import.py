"""Imports subscribers of another tool. It subscribes nobody who left us or that tool, or is suppressed here or there."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from backend.api.ids import new_id
from newsletter.deliveries.database import rows
from newsletter.models import Consent
from newsletter.readers import consent
from newsletter.readers.addresses import masked
from newsletter.readers.journal import STRENGTH
from newsletter.readers.subscriber_columns import WANTED
from newsletter.readers.subscriber_file import BadLine, Row, read_subscribers

STAGE = """
CREATE TEMPORARY TABLE newsletter_import (
    line int, id uuid, address text, address_key bytea, objection text, confirmed_at timestamptz, frequency text,
    gets_every_topic boolean, topics uuid[], reviewers uuid[]
) ON COMMIT DROP
"""
FILL = "COPY newsletter_import FROM STDIN"

# The next mailboxes, in the order of keys, that are to be suppressed for a reason and are not for it or a stronger one.
TO_SUPPRESS = """
SELECT DISTINCT i.address_key FROM newsletter_import i
WHERE i.objection = %(reason)s AND i.address_key > %(after)s AND NOT EXISTS (
    SELECT FROM newsletter_suppression x WHERE x.address_key = i.address_key
    AND array_position(%(strength)s::text[], x.reason::text) >= array_position(%(strength)s::text[], i.objection)
)
ORDER BY i.address_key LIMIT 1000
"""

# The lines that are not added, by reason; in this order, so that each line is counted once. What one line says against
# mail counts for all lines of the mailbox.
LEAVE_OUT = {
    "unwanted": """
DELETE FROM newsletter_import i
USING (SELECT DISTINCT address_key FROM newsletter_import WHERE objection NOT IN ('', 'unconfirmed')) unwanted
WHERE unwanted.address_key = i.address_key
""",
    "unconfirmed": """
DELETE FROM newsletter_import i
USING (SELECT DISTINCT address_key FROM newsletter_import WHERE objection <> '') unconfirmed
WHERE unconfirmed.address_key = i.address_key
""",
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
    # Of a file of suppressions only.
    "wanted": "DELETE FROM newsletter_import i",
}
# How many lines a statement leaves out, and the first of them.
COUNTED = """
WITH gone AS ({} RETURNING i.line, i.address)
SELECT line, address, count(*) OVER () FROM gone ORDER BY line LIMIT {}
"""
SHOWN = 10
NEW = f"SELECT line, address, count(*) OVER () FROM newsletter_import ORDER BY line LIMIT {SHOWN}"  # noqa: S608

# A pending subscriber of ours has confirmed to the other tool. The record says when, and that the reader saw other words
# than ours. Who was erased since the lines were sorted out is suppressed by now.
ADD = """
WITH added AS (
    INSERT INTO newsletter_subscriber AS s (
        id, address, address_key, status, frequency, gets_every_topic, confirmed_at, created_at, updated_at
    )
    SELECT id, address, address_key, 'active', frequency, gets_every_topic, confirmed_at, %(now)s, %(now)s
    FROM newsletter_import i
    WHERE NOT EXISTS (SELECT FROM newsletter_suppression x WHERE x.address_key = i.address_key)
    ORDER BY line
    ON CONFLICT (address_key) DO UPDATE SET
        status = 'active', frequency = EXCLUDED.frequency, gets_every_topic = EXCLUDED.gets_every_topic,
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
class Example:
    """A line of the file; `address` is masked."""

    line: int
    address: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many lines had which result, and the first ten of each; `is_written` says whether the import was committed."""

    lines: int
    bad: int
    counts: Mapping[str, int]
    examples: Mapping[str, Sequence[Example]]
    is_written: bool


def import_subscribers(
    *,
    file: Path,
    now: datetime,
    on_bad_line: Callable[[BadLine], object],
    skips_bad_lines: bool = False,
    is_dry_run: bool = False,
    unread: Sequence[str] = (),
    status: str = "",
    suppress_as: str = WANTED,
) -> ImportReport:
    """Import all lines or, where one is bad, none; with `skips_bad_lines` all but the bad ones. It sends no mail.

    Mailboxes that the file says must not be mailed are suppressed, and one that is subscribed here is no longer. With
    `suppress_as`, a reason, nobody is subscribed: each line is suppressed for it, or for what the file's own columns say.
    `status` is said of all lines beside what their columns say.
    One transaction; ten statements for a file of any length, which is read line by line, and some for every 1,000
    suppressions. Raises SubscriberFileError and OSError, and then has written nothing.
    """
    lines = read_subscribers(file, now=now, unread=unread, status=status, objection=suppress_as)
    with transaction.atomic(), connection.cursor() as cursor:
        read = _stage(lines, on_bad_line)
        is_written = not is_dry_run and (skips_bad_lines or not read["bad"])
        # The journal keeps what is rolled back.
        if is_written:
            _suppress_unwanted(now=now)
        found = _sort_out(suppress_as)
        cursor.execute(ADD, {"now": now})
        transaction.set_rollback(not is_written)
    counts = {kind: total for kind, (total, _) in found.items()}
    examples = {kind: shown for kind, (_, shown) in found.items()}
    return ImportReport(read["lines"], read["bad"], counts, examples, is_written)


def _stage(lines: Iterator[Row | BadLine], on_bad_line: Callable[[BadLine], object]) -> Counter[str]:
    """How many `lines` there are, and how many `bad` ones; the others stand in the table of the transaction then."""
    read = Counter[str]()
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(FILL) as copy:
            for line in lines:
                read["lines"] += 1
                if isinstance(line, Row):
                    copy.write_row(_staged(line))
                else:
                    read["bad"] += 1
                    on_bad_line(line)
        cursor.execute("ANALYZE newsletter_import")
    return read


def _sort_out(suppress_as: str) -> dict[str, tuple[int, list[Example]]]:
    """How many lines are left out for each reason, and the first ten; `new` are those that stay."""
    left_out = ["unwanted", "wanted"] if suppress_as else [kind for kind in LEAVE_OUT if kind != "wanted"]
    found = {kind: _found(COUNTED.format(LEAVE_OUT[kind], SHOWN)) for kind in left_out}
    return found if suppress_as else found | {"new": _found(NEW)}


def _suppress_unwanted(*, now: datetime) -> None:
    """The weaker reasons first: a mailbox with several keeps the strongest."""
    for reason in STRENGTH:
        after = b""
        while keys := [bytes(key) for (key,) in rows(TO_SUPPRESS, _page(reason, after))]:
            consent.suppress(keys=keys, reason=reason, source=Consent.Source.STAFF, now=now)
            after = keys[-1]


def _page(reason: str, after: bytes) -> dict[str, object]:
    return {"reason": reason, "after": after, "strength": STRENGTH}


def _found(statement: str) -> tuple[int, list[Example]]:
    found = rows(statement, {})
    return found[0][2] if found else 0, [Example(line, masked(address)) for line, address, _ in found]


def _staged(row: Row) -> tuple[object, ...]:
    return (
        row.line,
        new_id(),
        row.address,
        row.key,
        row.objection,
        row.confirmed_at,
        row.frequency,
        row.topics is None,
        list(row.topics or ()),
        list(row.reviewers),
    )
