"""What happens to comparisons by the clock; backend/schedule.py says when. Each task may run twice, late, or not at all."""

from celery import shared_task
from django.utils import timezone

from comparisons.desk import calibrating
from comparisons.history import recording
from comparisons.uploads.tasks import apply_upload, look_at_upload

__all__ = ["apply_upload", "calibrate", "look_at_upload", "record_verdicts"]


@shared_task
def record_verdicts() -> None:
    recording.record_verdicts(now=timezone.now())


@shared_task
def calibrate() -> None:
    calibrating.calibrate()
