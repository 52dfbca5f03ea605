"""The demo's edition of the weekly mail: one week of its catalog, as if it had been sent to nobody."""

from datetime import UTC, datetime, timedelta

from newsletter.archive import keep_for_archive
from newsletter.models import Edition

# The Tuesday after a week in which the demo's catalog has pairs.
WEEK = "2026-W46"
SENT_AT = datetime(2026, 11, 10, 7, 0, tzinfo=UTC)


def load_demo_edition() -> None:
    """Goes with a demo that was just loaded; where the week has its edition, nothing is touched."""
    edition, is_new = Edition.objects.get_or_create(
        week=WEEK,
        defaults={
            "state": Edition.State.DONE,
            "audience": 0,
            "frozen_at": SENT_AT,
            "prepared_at": SENT_AT,
            "done_at": SENT_AT,
        },
    )
    if is_new:
        keep_for_archive(edition=edition, since=SENT_AT - timedelta(weeks=1), until=SENT_AT)
