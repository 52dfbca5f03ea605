"""What the desk does by the clock; backend/schedule.py says when. It may run twice, late, or not at all."""

from celery import shared_task
from django.utils import timezone

from backend.admin.first_page import count_blocks


@shared_task
def count_first_page() -> None:
    count_blocks(now=timezone.now())
