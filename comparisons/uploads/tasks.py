"""What a worker does with large files; each may run twice, or late."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from comparisons.uploads import services


@shared_task
def look_at_upload(upload_id: str) -> None:
    services.look_at(upload_id=UUID(upload_id), now=timezone.now())


@shared_task
def apply_upload(upload_id: str) -> None:
    services.apply(upload_id=UUID(upload_id), now=timezone.now())
