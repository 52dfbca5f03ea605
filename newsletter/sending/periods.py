"""Which time an edition tells of, and whether it is the one that monthly readers get."""

from datetime import datetime, timedelta

from django.db.models import Max

from newsletter.models import Edition, Subscriber
from newsletter.models.editions import EditionQuerySet
from newsletter.sending.schedule import Schedule

FIRST_SINCE = timedelta(days=7)
FIRST_SINCE_MONTHLY = timedelta(days=31)


def is_first_of_month(edition: Edition, *, schedule: Schedule) -> bool:
    """Whether it also goes to those who read monthly: never a day's mail. One query at most."""
    if edition.is_daily:
        return False
    local = frozen_at_of(edition).astimezone(schedule.zone)
    began = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return not _earlier(edition).weekly().filter(includes_monthly=True, frozen_at__gte=began).exists()


def since(edition: Edition, *, frequency: str) -> datetime:
    """Where the last edition for readers of this frequency ended, else a week or a month before this one.

    One query, or two for those who asked for each new comparison.
    """
    frozen_at = frozen_at_of(edition)
    if frequency == Subscriber.Frequency.EACH_COMPARISON:
        return daily_since(frozen_at)
    earlier = _earlier(edition).weekly()
    is_monthly = frequency == Subscriber.Frequency.MONTHLY
    if is_monthly:
        earlier = earlier.filter(includes_monthly=True)
    latest = earlier.order_by("-frozen_at").values_list("frozen_at", flat=True).first()
    return latest or frozen_at - (FIRST_SINCE_MONTHLY if is_monthly else FIRST_SINCE)


def daily_since(before: datetime) -> datetime:
    """Where the last day's mail before that moment ended, but a week before it at most; two queries at most.

    Before the first day's mail the week's told everybody.
    """
    earlier = _before(before).filter(frozen_at__gt=before - FIRST_SINCE)
    for kind in (earlier.daily(), earlier.weekly()):
        latest: datetime | None = kind.aggregate(at=Max("frozen_at"))["at"]
        if latest:
            return latest
    return before - FIRST_SINCE


def frozen_at_of(edition: Edition) -> datetime:
    """Raises ValueError for an edition that is not frozen."""
    if edition.frozen_at is None:
        raise ValueError(f"{edition} is not frozen.")
    return edition.frozen_at


def _earlier(edition: Edition) -> EditionQuerySet:
    return _before(frozen_at_of(edition))


def _before(moment: datetime) -> EditionQuerySet:
    return Edition.objects.exclude(state=Edition.State.CANCELLED).filter(frozen_at__lt=moment)
