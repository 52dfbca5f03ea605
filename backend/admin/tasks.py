"""What the desk does by the clock (backend/schedule.py) and to many rows. Each may run twice, late, or not at all."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from backend.admin.bulk import do_batch, lost_actions
from backend.admin.first_page import count_blocks


@shared_task
def count_first_page() -> None:
    count_blocks(now=timezone.now())


@shared_task
def go_on(action_id: str) -> None:
    """Does what a bulk action has left to do."""
    while do_batch(action_id=UUID(action_id), now=timezone.now()):
        pass


@shared_task
def take_up_lost() -> None:
    """Bulk actions whose worker was killed."""
    for action_id in lost_actions(now=timezone.now()):
        go_on.delay(str(action_id))
