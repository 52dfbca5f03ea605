"""What happens by the clock: each scheduled task is there, and does its work when it is run."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from backend.api.models import IdempotentAnswer, RateCounter
from backend.celery import app, purge_expired


def test_every_task_on_the_schedule_exists() -> None:
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled - app.tasks.keys() == set()


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
