"""What `/metrics` tells of votes."""

from collections.abc import Iterator

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily

from votes.models import Alert


def gauges() -> Iterator[GaugeMetricFamily]:
    """One query."""
    alerts = GaugeMetricFamily(
        "verdicts_open_alerts",
        "Alerts that no curator has closed: tallies that differed from their votes, bursts of votes.",
        labels=["kind"],
    )
    open_alerts = Alert.objects.filter(closed_at=None).values("kind").annotate(number=Count("pk"))
    found = dict(open_alerts.values_list("kind", "number"))
    for kind in Alert.Kind.values:
        alerts.add_metric([kind], found.get(kind, 0))
    yield alerts
