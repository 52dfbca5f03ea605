"""What happens by the clock: each scheduled task is there, and does its work when it is run."""

from datetime import timedelta

import pytest
from celery.exceptions import Retry
from django.conf import settings
from django.db import InternalError, OperationalError
from django.utils import timezone
from psycopg.errors import LockNotAvailable, ReadOnlySqlTransaction, StatementTooComplex

from backend.api.counts import MOST_UNFOLDED
from backend.api.models import CountChange, IdempotentAnswer, RateCounter
from backend.celery import OUTAGE_SECONDS, PatientTask, app, fold_counts, purge_expired


def test_every_task_on_the_schedule_exists() -> None:
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled - app.tasks.keys() == set()


def test_each_task_keeps_the_name_that_waiting_messages_and_running_workers_know() -> None:
    """A worker discards a message that names no task of its own: a new name needs the old one beside it for a release."""
    app.loader.import_default_modules()

    assert {name for name in app.tasks if not name.startswith("celery.")} == {
        *("backend.fold_counts", "backend.forget", "backend.heartbeat"),
        "catalog.tasks.draw_logos",
        *(
            "backend.admin.tasks.count_first_page",
            "backend.admin.tasks.go_on",
            "backend.admin.tasks.take_up_lost",
        ),
        *(
            "comparisons.tasks.calibrate",
            "comparisons.tasks.mend_listings",
            "comparisons.tasks.record_verdicts",
        ),
        *("comparisons.uploads.tasks.apply_upload", "comparisons.uploads.tasks.look_at_upload"),
        *("newsletter.tasks.forget", "newsletter.tasks.prepare", "newsletter.tasks.send"),
        "newsletter.tasks.read_bounces",
        *("newsletter.tasks.send_due_jobs", "newsletter.tasks.tick"),
        *("votes.tasks.close_yesterday", "votes.tasks.forget", "votes.tasks.publish_tallies"),
        *("votes.tasks.raise_alerts", "votes.tasks.reconcile_tallies", "votes.tasks.rescore"),
    }


def test_every_task_with_a_queue_of_its_own_exists() -> None:
    app.loader.import_default_modules()

    assert settings.CELERY_TASK_ROUTES.keys() - app.tasks.keys() == set()


@pytest.mark.django_db
def test_what_has_expired_is_deleted_and_what_has_not_stays() -> None:
    now = timezone.now()
    for days, key in ((-2, b"past"), (2, b"present")):
        RateCounter.objects.create(key=key, count=1, ends_at=now + timedelta(days=days))
        claimed_at = now + timedelta(days=min(days, 0))
        IdempotentAnswer.objects.create(key=key, fingerprint=b"f", claimed_at=claimed_at)

    purge_expired()

    assert [bytes(row.key) for row in RateCounter.objects.all()] == [b"present"]
    assert [bytes(row.key) for row in IdempotentAnswer.objects.all()] == [b"present"]


@pytest.mark.django_db
def test_many_changes_of_a_count_are_made_one() -> None:
    changes = [CountChange(name="tools", key=["shelf"], number=2) for _ in range(MOST_UNFOLDED + 2)]
    CountChange.objects.bulk_create(changes)

    fold_counts()

    assert CountChange.objects.get().number == 2 * len(changes)


class Refused(PatientTask):
    """Meets whatever refusal it is given, in a worker."""

    name = "tests.refused"
    ignore_result = True

    def __init__(self, kind: type[Exception], cause: Exception) -> None:
        self.error = kind(str(cause))
        self.error.__cause__ = cause
        self.retries: list[object] = []

    def run(self) -> None:
        raise self.error

    def retry(self, *_: object, **options: object) -> Retry:
        self.retries.append(options["countdown"])
        return Retry()


@pytest.mark.parametrize(
    ("kind", "cause"),
    [(InternalError, ReadOnlySqlTransaction()), (OperationalError, LockNotAvailable())],
    ids=["read-only", "lock time-out"],
)
@pytest.mark.django_db
def test_a_task_that_meets_an_outage_is_tried_again_later(kind: type[Exception], cause: Exception) -> None:
    task = Refused(kind, cause)

    with pytest.raises(Retry):
        task()

    assert task.retries == [OUTAGE_SECONDS]


def test_a_task_that_meets_a_mistake_of_ours_fails() -> None:
    task = Refused(OperationalError, StatementTooComplex())

    with pytest.raises(OperationalError):
        task()

    assert not task.retries


def test_every_task_of_ours_is_patient() -> None:
    app.loader.import_default_modules()

    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]

    assert ours
    assert all(isinstance(task, PatientTask) for task in ours)
