"""What happens to comparisons by the clock."""

import pytest
from django.conf import settings

from backend.celery import app
from comparisons import tasks
from comparisons.models import VerdictChange
from reviews.models import Calibration
from tests.factories import ComparisonFactory, ReviewFactory


@pytest.mark.django_db
def test_the_clock_records_verdicts() -> None:
    comparison = ComparisonFactory()
    app.loader.import_default_modules()
    scheduled = settings.CELERY_BEAT_SCHEDULE["record-verdicts"]["task"]

    app.tasks[scheduled]()

    assert app.tasks[scheduled].name == tasks.record_verdicts.name
    assert VerdictChange.objects.get().comparison == comparison


@pytest.mark.django_db
def test_the_clock_calibrates_reviewers() -> None:
    review = ReviewFactory()
    app.loader.import_default_modules()
    scheduled = settings.CELERY_BEAT_SCHEDULE["calibrate"]["task"]

    app.tasks[scheduled]()

    assert app.tasks[scheduled].name == tasks.calibrate.name
    assert Calibration.objects.get(reviewer=review.reviewer).total == 1
