"""What happens to the catalog by the clock; backend/schedule.py says when. Each task may run twice, late, or not at all."""

from celery import shared_task
from django.utils import timezone

from catalog import logos


@shared_task
def draw_logos() -> None:
    logos.draw_waiting_logos(now=timezone.now())
