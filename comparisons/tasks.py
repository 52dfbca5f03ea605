"""What happens to comparisons by the clock; backend/schedule.py says when. Each task may run twice, late, or not at all."""

import structlog
from celery import shared_task
from django.utils import timezone

from comparisons import listings
from comparisons.desk import calibrating
from comparisons.history import recording
from comparisons.uploads.tasks import apply_upload, look_at_upload

__all__ = ["apply_upload", "calibrate", "look_at_upload", "mend_listings", "record_verdicts"]

logger = structlog.get_logger(__name__)


@shared_task
def record_verdicts() -> None:
    recording.record_verdicts(now=timezone.now())


@shared_task
def calibrate() -> None:
    calibrating.calibrate()


@shared_task
def mend_listings() -> None:
    if mended := listings.mend_listings():
        logger.error("listing_drift", rows=mended)
