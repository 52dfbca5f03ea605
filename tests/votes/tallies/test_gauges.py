"""What `/metrics` tells of votes."""

import pytest
from django.utils import timezone

from tests.factories import ToolFactory
from votes.models import Alert
from votes.tallies.gauges import gauges

pytestmark = pytest.mark.django_db


def open_alerts() -> dict[str, float]:
    (metric,) = gauges()
    return {sample.labels["kind"]: sample.value for sample in metric.samples}


def test_each_kind_of_alert_is_told_though_there_is_none() -> None:
    assert open_alerts() == {"drift": 0, "burst": 0, "networks": 0}


def test_an_alert_that_is_closed_is_not_told() -> None:
    now = timezone.now()
    for kind, closed_at in [("drift", None), ("burst", None), ("burst", None), ("burst", now)]:
        Alert.objects.create(kind=kind, tool=ToolFactory(), begins_at=now, closed_at=closed_at)

    assert open_alerts() == {"drift": 1, "burst": 2, "networks": 0}
