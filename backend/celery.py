"""The Celery application, and the heartbeat by which `/statusz` knows that a worker is consuming."""

import os
import sys
import time

import structlog
from celery import Celery, Task
from celery.app.utils import Settings
from celery.exceptions import WorkerLostError
from celery.signals import celeryd_init, setup_logging, task_failure, worker_init, worker_ready
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

logger = structlog.get_logger(__name__)

HEARTBEAT_KEY = "verdicts-worker-heartbeat"
# Beat's schedule stands in the settings.
HEARTBEAT_SECONDS = 15
# Before the next try of a task that met an outage.
OUTAGE_SECONDS = 30

# By the addresses' schemes, to which kombu also ties TLS.
TRANSPORT_ALIASES.update(redis="backend.broker:Transport", rediss="backend.broker:Transport")


class PatientTask(Task):  # type: ignore[misc] # Celery has no types.
    """A task that the database refuses for no fault of ours is tried again later (decision 52)."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        # Importing it needs the settings.
        from django.db import Error as DatabaseFailure

        from backend.api.outages import met_outage

        try:
            return self.run(*args, **kwargs)
        except DatabaseFailure as error:
            if not met_outage(error):
                raise
            logger.warning("task_postponed", task=self.name, reason=str(error).strip())
            # Raises the error itself where the task was called directly, and after its last try.
            raise self.retry(exc=error, countdown=OUTAGE_SECONDS) from error


app = Celery("backend", task_cls=PatientTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Connected so that Celery leaves the logging that Django's settings have set up."""


@celeryd_init.connect
def wait_for_messages(conf: Settings, **_: object) -> None:
    """A worker waits for the broker without a timeout; processes that only publish give up at once (see the settings)."""
    timeouts = {"socket_timeout", "socket_connect_timeout"}
    options = conf.broker_transport_options
    conf.broker_transport_options = {key: value for key, value in options.items() if key not in timeouts}


@worker_init.connect
def refuse_unfit_pooler(**_: object) -> None:
    """Celery logs an exception of a receiver and goes on, but not this one."""
    # Importing it needs the settings.
    from django.core.exceptions import ImproperlyConfigured

    from backend.pooler import find_pooler

    try:
        find_pooler()
    except ImproperlyConfigured as error:
        sys.exit(str(error))


@app.task(name="backend.heartbeat")
def heartbeat() -> None:
    """Record that a worker took a task just now."""
    from backend.broker import connect

    with connect() as broker:
        broker.set(HEARTBEAT_KEY, time.time(), ex=10 * HEARTBEAT_SECONDS)


def heartbeat_age() -> float | None:
    """Seconds since a worker last took a task; None where none did lately. Raises RedisError."""
    from backend.broker import connect

    with connect() as broker:
        beat_at = broker.get(HEARTBEAT_KEY)
    try:
        return time.time() - float(beat_at)
    except (TypeError, ValueError):
        return None


# What earlier beats asked for; newsletter.retention does it now.
@app.task(name="backend.forget")
def purge_expired() -> None:
    """Delete the rate counters and the idempotent answers that have expired."""
    from django.utils import timezone

    from backend.api.idempotency import purge_expired_answers
    from backend.api.throttling import purge_expired_counters

    now = timezone.now()
    purge_expired_counters(now)
    purge_expired_answers(now)


@app.task(name="backend.fold_counts")
def fold_counts() -> None:
    """Keep the counts that follow rows quick to read."""
    from backend.api import counts

    counts.fold_counts()


@worker_ready.connect
def record_first_heartbeat(**_: object) -> None:
    """A new worker counts as there at once, and not only after beat's first round."""
    heartbeat()


@worker_ready.connect
def start_watchdog(**_: object) -> None:
    """Watch the queues that the worker was started with, even if it is told to leave one later."""
    # Importing it needs a worker's state.
    from backend.watchdog import watch

    watch(list(app.amqp.queues.consume_from))


@task_failure.connect
def log_abandoned_task(sender: Task, exception: BaseException, **_: object) -> None:
    """Log the name of a task that killed its process at its last try: Celery's own message does not name it."""
    if isinstance(exception, WorkerLostError):
        logger.error("task_given_up", task=sender.name, reason=str(exception))
