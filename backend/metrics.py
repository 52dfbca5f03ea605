"""`/metrics`: what this machine's processes have counted, and how things stand everywhere (decision 57)."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import psycopg
import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from backend import metric_files
from backend.broker import connect
from backend.celery import heartbeat_age
from backend.watchdog import STALLS_KEY
from newsletter.desk import gauges as newsletter
from votes.tallies import gauges as votes

logger = structlog.get_logger(__name__)

# How long the gauges of one scrape serve the next ones, in each process.
KEEP_SECONDS = 10


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    found = counters() + gauges_of(int(time.monotonic() // KEEP_SECONDS))
    return HttpResponse(found, content_type=CONTENT_TYPE_LATEST)


def counters() -> bytes:
    """Sums over the machine; of this process alone where it was told not to share (see the settings)."""
    is_shared = values.ValueClass is not values.MutexValue
    return generate_latest(metric_files.summed(settings.METRICS_DIR) if is_shared else REGISTRY)


# --- How things stand -----------------------------------------------------------------------------


@lru_cache(maxsize=1)
def gauges_of(_period: int) -> bytes:
    """The same whichever process of whichever machine is asked, but for the journals. Six queries at most.

    `_period` counts KEEP_SECONDS of this process's monotonic clock.
    """
    registry = CollectorRegistry()
    registry.register(Gauges())
    return generate_latest(registry)


class Gauges(Collector):
    """Asks each engine; one that is away leaves out what it would tell, and the others tell theirs."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "verdicts_source_up", "Whether what the gauges ask has answered.", labels=["source"]
        )
        for source, read in SOURCES.items():
            found, is_up = _answers_of(source, read)
            up.add_metric([source], is_up)
            yield from found
        yield up


def _answers_of(source: str, read: Callable[[], Iterable[Metric]]) -> tuple[list[Metric], bool]:
    try:
        return list(read()), True
    except (DatabaseFailure, psycopg.Error, RedisError) as error:
        logger.warning("gauges_unknown", source=source, reason=str(error).strip())
        return [], False


def _read_database() -> Iterator[Metric]:
    yield from newsletter.gauges()
    yield from votes.gauges()


def _read_redis() -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "verdicts_queue_messages", "Messages that no worker has taken.", labels=["queue"]
    )
    queues = sorted({"celery", *(route["queue"] for route in settings.CELERY_TASK_ROUTES.values())})
    with connect() as broker, broker.pipeline() as pipeline:
        for queue in queues:
            pipeline.llen(queue)
        pipeline.get(STALLS_KEY)
        *lengths, stalls = pipeline.execute()
    for queue, length in zip(queues, lengths, strict=True):
        waiting.add_metric([queue], length)
    yield waiting
    yield CounterMetricFamily(
        "verdicts_worker_stalls", "Workers that ended themselves because they took nothing.", int(stalls or 0)
    )
    age = heartbeat_age()
    yield GaugeMetricFamily(
        "verdicts_heartbeat_age_seconds",
        "Since a worker last took a task of the queue celery; +Inf where none did lately.",
        float("inf") if age is None else age,
    )


SOURCES: dict[str, Callable[[], Iterable[Metric]]] = {"database": _read_database, "redis": _read_redis}
