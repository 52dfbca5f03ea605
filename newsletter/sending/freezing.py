"""Freezes an edition: copies in what each group of readers will get, as the site is at one moment."""

from datetime import datetime
from uuid import UUID

from django.db import OperationalError, connection, transaction

from newsletter.content.archive import keep_for_archive
from newsletter.content.gathering import write_crowd_down
from newsletter.failpoints import reach
from newsletter.models import Edition, Subscriber
from newsletter.sending.periods import is_first_of_month, since
from newsletter.sending.schedule import Schedule
from newsletter.sending.segments import keys_of, segment_for


def freeze(*, edition_id: UUID, now: datetime, schedule: Schedule) -> bool:
    """Copy in what every group of readers will get, as the site is at one moment; whether this call did it."""
    write_crowd_down(until=now)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return _freeze(edition_id, now, schedule)
    except OperationalError as error:
        # Two began at once, and the other one has done it.
        if getattr(error.__cause__, "sqlstate", None) != "40001":
            raise
        return False


def _freeze(edition_id: UUID, now: datetime, schedule: Schedule) -> bool:
    drafts = Edition.objects.filter(state=Edition.State.DRAFT).exclude(repeat=Edition.Repeat.HELD)
    edition = drafts.select_for_update().filter(pk=edition_id).first()
    if edition is None:
        return False
    edition.state, edition.frozen_at, edition.state_reason = Edition.State.FROZEN, now, ""
    edition.includes_monthly = is_first_of_month(edition, schedule=schedule)
    edition.save()
    if not edition.is_daily:
        # First, since the readers' copies link to it.
        weekly = since(edition, frequency=Subscriber.Frequency.WEEKLY)
        keep_for_archive(edition=edition, since=weekly, until=now)
    for key in keys_of(edition):
        segment_for(edition, key)
    reach("edition_frozen")
    return True
