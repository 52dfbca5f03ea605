"""The record of consents: who asked, confirmed, left and was suppressed, by the mailbox's key; it is never changed."""

from collections.abc import Iterable
from datetime import datetime

from newsletter.models import Consent

# Raised whenever the words change that a reader agrees to: those of the mail and of the page.
WORDING = "2026-11"


def record(keys: Iterable[bytes], action: str, *, source: str, now: datetime) -> None:
    """Add a line for each mailbox, in the order of their keys. One query."""
    Consent.objects.bulk_create(
        Consent(address_key=key, action=action, source=source, wording=WORDING, created_at=now)
        for key in sorted(keys)
    )
