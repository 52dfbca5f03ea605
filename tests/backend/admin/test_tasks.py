"""What the desk does by the clock."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from backend.admin import bulk, tasks
from backend.admin.models import BulkAction
from backend.celery import app
from tests.bulk import outcomes, select, start
from tests.factories import ToolFactory
from tests.queues import waiting


@pytest.mark.django_db
def test_the_clock_counts_what_the_first_page_shows() -> None:
    cache.clear()
    app.loader.import_default_modules()
    scheduled = settings.CELERY_BEAT_SCHEDULE["count-first-page"]["task"]

    app.tasks[scheduled]()

    assert app.tasks[scheduled].name == tasks.count_first_page.name
    assert cache.get("first-page:ballots") is not None


@pytest.mark.django_db
@pytest.mark.usefixtures("queue")
def test_an_action_whose_worker_was_killed_is_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 1)
    earlier = timezone.now() - timedelta(minutes=2)
    lost = start(select("catalog.tool.archive", ToolFactory.create_batch(2)), now=earlier)
    fresh = start(select("catalog.tool.archive", ToolFactory.create_batch(2)))
    app.loader.import_default_modules()
    scheduled = settings.CELERY_BEAT_SCHEDULE["take-up-lost-bulk-actions"]["task"]

    app.tasks[scheduled]()
    queued = waiting(tasks.go_on)
    for [action_id] in queued * 2:
        app.tasks[tasks.go_on.name](action_id)

    assert queued == [[str(lost.pk)]]
    assert (outcomes(lost), outcomes(fresh)) == ({"done": 2}, {"waiting": 2})
    assert BulkAction.objects.get(done_at=None) == fresh
