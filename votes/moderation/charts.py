"""Votes over time as a chart: bars stacked by status, and the times of alerts and moderation actions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import Trunc

from backend.admin.charts import Chart, Span, Unit, draw_bars
from votes.models import CountStatus, Pick, Vote

HOURS = Unit("hour", timedelta(hours=1), 48, "%-d %b %H:%M", ("%H:%M", ("00:00", "06:00", "12:00", "18:00")))
DAYS = Unit("day", timedelta(days=1), 30, "%a %-d %b", ("%a", ("Mon",)))


def draw(
    *, ballots: QuerySet[Vote] | QuerySet[Pick], unit: Unit, until: datetime, spans: Sequence[Span]
) -> Chart:
    """The bars up to the one that holds `until`; one query, of at most four rows a bar."""
    begins_at, ends_at = unit.begins_at(until), unit.ends_at(until)
    return draw_bars(
        heading=f"By the {unit.name}",
        kinds=CountStatus.values,
        unit=unit,
        begins_at=begins_at,
        numbers=_count(ballots, unit, begins_at, ends_at),
        spans=spans,
    )


def _count(
    ballots: QuerySet[Vote] | QuerySet[Pick], unit: Unit, begins_at: datetime, ends_at: datetime
) -> list[tuple[int, ...]]:
    found = (
        # Naming every status lets the index by target, status and time find them.
        ballots.filter(status__in=CountStatus.values, created_at__gte=begins_at, created_at__lt=ends_at)
        .values_list(Trunc("created_at", unit.name, tzinfo=UTC), "status")
        .annotate(number=Count("pk"))
        .order_by()
    )
    numbers = {(at, status): number for at, status, number in found}
    return [
        tuple(numbers.get((begins_at + n * unit.length, status), 0) for status in CountStatus.values)
        for n in range(unit.bars)
    ]
