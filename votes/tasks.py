"""What happens to votes by the clock; backend/schedule.py says when. Each task may run twice, late, or not at all."""

import structlog
from celery import shared_task
from django.utils import timezone

from backend.api import clients
from votes.tallies import day_lines, publication, recount, rescoring
from votes.voters import challenges

logger = structlog.get_logger(__name__)


@shared_task
def raise_alerts() -> None:
    publication.raise_alerts(now=timezone.now())


@shared_task
def publish_tallies() -> None:
    publication.publish_tallies(now=timezone.now())


@shared_task
def close_yesterday() -> None:
    now = timezone.now()
    day_lines.close_day(day=day_lines.yesterday(now), now=now)


@shared_task
def reconcile_tallies() -> None:
    for drift in recount.reconcile_tallies(now=timezone.now()):
        logger.error(
            "tally_drift", tool=str(drift.tool_id), other=str(drift.other_tool_id), detail=str(drift)
        )


@shared_task
def rescore() -> None:
    rescoring.rescore(now=timezone.now())


# What earlier beats asked for; newsletter.retention does it now.
@shared_task(name="votes.tasks.forget")
def purge_expired() -> None:
    """Salts of more than a week ago, challenges past their time."""
    now = timezone.now()
    clients.purge_expired_salts(now)
    challenges.purge_expired_challenges(now)
