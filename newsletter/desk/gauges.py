"""What `/metrics` tells of the mail: sign-ups that wait, editions, their copies, and the journals of this machine."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from prometheus_client.core import GaugeMetricFamily

from newsletter.deliveries.database import rows
from newsletter.deliveries.totals import copies_under_way
from newsletter.desk.snapshots import shared
from newsletter.models import Edition, MailingJournal
from newsletter.readers.journal import is_writable
from newsletter.sending import mailings

# The index on what is due holds the waiting ones alone.
SIGN_UPS = """
SELECT count(*) FILTER (WHERE due_at <= now()), count(*) FILTER (WHERE due_at > now()),
    greatest(0, extract(epoch FROM now() - min(due_at)))::float8
FROM newsletter_mailjob WHERE state = 'waiting'
"""

EDITIONS = """
SELECT state, count(*), count(*) FILTER (WHERE repeat = 'held' OR (state = 'paused' AND resume_at IS NULL))
FROM newsletter_edition GROUP BY state
"""

REFUSED = "SELECT count(*) FROM newsletter_sendingidentity WHERE refusal <> ''"


def gauges() -> Iterator[GaugeMetricFamily]:
    """Five queries at most. Copies are counted a tenth of the time, whatever their number."""
    yield from _sign_ups()
    yield from _editions()
    yield from _copies()
    yield from _journals()


def _sign_ups() -> Iterator[GaugeMetricFamily]:
    ((due, retried, seconds),) = rows(SIGN_UPS, {})
    yield GaugeMetricFamily("verdicts_sign_ups_due", "Sign-ups whose mail should be out.", due)
    yield GaugeMetricFamily(
        "verdicts_sign_ups_retried", "Sign-ups whose mail waits for another try.", retried
    )
    yield GaugeMetricFamily(
        "verdicts_sign_ups_oldest_seconds", "How long the mail of a sign-up is overdue at most.", seconds
    )


def _editions() -> Iterator[GaugeMetricFamily]:
    found = {state: (number, undecided) for state, number, undecided in rows(EDITIONS, {})}
    editions = GaugeMetricFamily("verdicts_editions", "Editions, by state.", labels=["state"])
    for state in Edition.State.values:
        editions.add_metric([state], found.get(state, (0, 0))[0])
    yield editions
    yield GaugeMetricFamily(
        "verdicts_editions_undecided",
        "Editions that were paused or held, and wait for staff.",
        sum(undecided for _, undecided in found.values()),
    )
    ((refused,),) = rows(REFUSED, {})
    yield GaugeMetricFamily("verdicts_sending_refused", "1 where this database may not send.", refused)


def _copies() -> Iterator[GaugeMetricFamily]:
    under_way = shared("copies-under-way", copies_under_way)
    copies = GaugeMetricFamily(
        "verdicts_edition_copies", "Copies of the editions under way, by state.", labels=["week", "state"]
    )
    audience = GaugeMetricFamily(
        "verdicts_edition_audience", "How many copies they should have in all.", labels=["week"]
    )
    for week, _, state, number in under_way:
        copies.add_metric([week, state], number)
    for week, expected in {week: expected for week, expected, _, _ in under_way}.items():
        audience.add_metric([week], expected)
    yield copies
    yield audience


def _journals() -> Iterator[GaugeMetricFamily]:
    """Of this machine; none where SUPPRESSION_JOURNAL is empty."""
    file = mailings.file()
    if file is None:
        return
    writable = GaugeMetricFamily(
        "verdicts_journal_writable", "Whether a line could be appended now.", labels=["journal"]
    )
    writable.add_metric(["suppressions"], is_writable(Path(settings.SUPPRESSION_JOURNAL)))
    writable.add_metric(["mailings"], is_writable(file))
    yield writable
    yield GaugeMetricFamily(
        "verdicts_journal_lag_lines",
        "Lines that the database has numbered and the journal of mailings lacks.",
        _lag_in_lines(),
    )


def _lag_in_lines() -> int:
    try:
        found = mailings.read_file()
    except OSError:
        # It is not writable either, which is told.
        return 0
    known = MailingJournal.objects.filter(pk=found.journal).first() if found.journal else None
    return max(0, known.number - found.number) if known else 0
