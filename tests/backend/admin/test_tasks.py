"""What the desk does by the clock."""

import pytest
from django.conf import settings
from django.core.cache import cache

from backend.admin import tasks
from backend.celery import app


@pytest.mark.django_db
def test_the_clock_counts_what_the_first_page_shows() -> None:
    cache.clear()
    app.loader.import_default_modules()
    scheduled = settings.CELERY_BEAT_SCHEDULE["count-first-page"]["task"]

    app.tasks[scheduled]()

    assert app.tasks[scheduled].name == tasks.count_first_page.name
    assert cache.get("first-page:ballots") is not None
