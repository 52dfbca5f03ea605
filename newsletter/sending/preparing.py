"""Prepares a frozen edition: one copy for each reader who has something to read."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from newsletter.deliveries.database import rows
from newsletter.deliveries.insertion import Addressee, add_copies, number_of_copies, refresh_statistics
from newsletter.failpoints import reach
from newsletter.models import Edition, Segment
from newsletter.sending.segments import NO_READER, Reader, SegmentKey, page_of_readers, segment_for


def prepare(*, edition_id: UUID, now: datetime) -> None:
    """Write one delivery for each reader who has something to read, page by page; what is there already stays."""
    edition = Edition.objects.filter(
        pk=edition_id, state__in=[Edition.State.FROZEN, Edition.State.PREPARING]
    ).first()
    if edition is None:
        return
    Edition.objects.filter(pk=edition_id, state=Edition.State.FROZEN).update(state=Edition.State.PREPARING)
    preparing = Edition.objects.filter(pk=edition_id, state=Edition.State.PREPARING)
    segments: dict[SegmentKey, Segment] = {}
    after = NO_READER
    while True:
        with transaction.atomic():
            # It may be paused or cancelled meanwhile, and resuming comes back here; or another process has counted its
            # copies, after which there must be no more of them.
            if not (_takes_turn(edition_id) and preparing.exists()):
                return
            page = page_of_readers(edition, after=after)
            if not page:
                _finish(edition, preparing, now=now)
                break
            _add_copies(edition, page, segments)
        after = page[-1].subscriber_id
        reach("page_prepared")
    reach("edition_prepared")


def _finish(edition: Edition, preparing: QuerySet[Edition], *, now: datetime) -> None:
    """Count the copies and let them go, while nobody else can add one."""
    refresh_statistics()
    preparing.update(
        state=Edition.State.SENDING, state_reason="", prepared_at=now, audience=number_of_copies(edition)
    )


def _takes_turn(edition_id: UUID) -> bool:
    """
    Whether no other process prepares a page of this edition now; two would only do the same twice.

    Held by the transaction, not by the session, which a pooler lends to others (decision 58).
    """
    ((is_mine,),) = rows("SELECT pg_try_advisory_xact_lock(%(key)s::bigint)", {"key": turn_key(edition_id)})
    return bool(is_mine)


def turn_key(edition_id: UUID) -> int:
    """Of the advisory lock that lets one process at a time prepare a page of the edition."""
    return int.from_bytes(hashlib.sha256(b"prepare" + edition_id.bytes).digest()[:8], signed=True)


def _add_copies(edition: Edition, page: Sequence[Reader], segments: dict[SegmentKey, Segment]) -> None:
    addressees = []
    for reader in page:
        if reader.key not in segments:
            segments[reader.key] = segment_for(edition, reader.key)
        segment = segments[reader.key]
        if segment.item_count:
            addressees.append(Addressee(reader.subscriber_id, segment.pk))
    add_copies(edition, addressees)
