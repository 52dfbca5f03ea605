"""What happens to comparisons by the clock."""

import pytest
from django.conf import settings
from structlog.testing import capture_logs

from backend.celery import app
from comparisons import tasks
from comparisons.listings import ListedTool
from comparisons.models import VerdictChange
from reviews.models import Calibration
from tests.factories import ComparisonFactory, ReviewFactory, ToolFactory


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


@pytest.mark.django_db
def test_the_clock_mends_rows_of_lists_and_logs_how_many_differed() -> None:
    tool = ToolFactory()
    ListedTool.objects.filter(tool=tool).update(votes=5)
    app.loader.import_default_modules()
    scheduled = settings.CELERY_BEAT_SCHEDULE["mend-listings"]["task"]

    with capture_logs() as logs:
        app.tasks[scheduled]()
        app.tasks[scheduled]()

    assert app.tasks[scheduled].name == tasks.mend_listings.name
    assert ListedTool.objects.get(tool=tool).votes == 0
    assert [(line["event"], line["rows"]) for line in logs] == [("listing_drift", 1)]
