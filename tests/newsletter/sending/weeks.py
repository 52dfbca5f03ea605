"""What tests of editions share: the clock of one week, something to tell, and the edition."""

from datetime import UTC, datetime, timedelta

from newsletter.models import Edition
from newsletter.sending import editions
from newsletter.sending.preparing import prepare
from newsletter.sending.schedule import schedule_from_settings
from tests.factories import ComparisonFactory

DUE = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
SCHEDULE = schedule_from_settings()


def clock(now: datetime = DUE) -> None:
    editions.ensure_due_editions(now=now, schedule=SCHEDULE)
    for edition in editions.unprepared():
        prepare(edition_id=edition.pk, now=now)
    editions.close_finished(now=now)


def news(at: datetime = DUE - timedelta(days=1)) -> None:
    ComparisonFactory(public_at=at)


def the_edition() -> Edition:
    return Edition.objects.get()
