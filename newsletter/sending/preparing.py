"""Prepares a frozen edition: one copy for each reader who has something to read."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from newsletter.deliveries.database import rows
from newsletter.deliveries.insertion import Addressee, add_copies, number_of_copies, refresh_statistics
from newsletter.failpoints import reach
from newsletter.models import Edition, Segment
from newsletter.sending.segments import Reader, SegmentKey, pages_of_readers, segment_for


def prepare(*, edition_id: UUID, now: datetime) -> None:
    """Write one delivery for each reader who has something to read, page by page; what is there already stays."""
    with _alone(edition_id) as is_alone:
        if not is_alone:
            return
        edition = Edition.objects.filter(
            pk=edition_id, state__in=[Edition.State.FROZEN, Edition.State.PREPARING]
        ).first()
        if edition is None:
            return
        Edition.objects.filter(pk=edition_id, state=Edition.State.FROZEN).update(
            state=Edition.State.PREPARING
        )
        segments: dict[SegmentKey, Segment] = {}
        for page in pages_of_readers(edition):
            _add_copies(edition, page, segments)
            reach("page_prepared")
        refresh_statistics()
        # Cancelled or paused meanwhile: the condition says so, and resuming comes back here.
        Edition.objects.filter(pk=edition_id, state=Edition.State.PREPARING).update(
            state=Edition.State.SENDING, prepared_at=now, audience=number_of_copies(edition)
        )
        reach("edition_prepared")


def _add_copies(edition: Edition, page: Sequence[Reader], segments: dict[SegmentKey, Segment]) -> None:
    addressees = []
    for reader in page:
        if reader.key not in segments:
            segments[reader.key] = segment_for(edition, reader.key)
        segment = segments[reader.key]
        if segment.item_count:
            addressees.append(Addressee(reader.subscriber_id, segment.pk))
    add_copies(edition, addressees)


@contextmanager
def _alone(edition_id: UUID) -> Iterator[bool]:
    """Two processes that prepare the same would only do it twice. The lock ends with its connection, whatever dies."""
    key = int.from_bytes(hashlib.sha256(b"prepare" + edition_id.bytes).digest()[:8], signed=True)
    ((is_alone,),) = rows("SELECT pg_try_advisory_lock(%(key)s::bigint)", {"key": key})
    try:
        yield is_alone
    finally:
        if is_alone:
            rows("SELECT pg_advisory_unlock(%(key)s::bigint)", {"key": key})
