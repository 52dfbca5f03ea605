"""How a request has a worker send a mail: it writes a row, so a slow or silent mail server holds up nobody."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Value
from django.db.models.functions import Least, Now

from newsletter.models import MailJob, Subscriber


def queue_mail(
    *,
    kind: MailJob.Kind,
    address: str,
    source: str,
    now: datetime,
    choices: Mapping[str, object] | None = None,
    replaces: Subscriber | None = None,
) -> None:
    """Have a worker send the canonical address a mail of this kind, at once. One query."""
    MailJob.objects.create(
        kind=kind,
        address=address,
        choices=choices or {},
        replaces=replaces,
        source=source,
        # Workers read the database's clock: a job must not wait because ours is ahead of it.
        due_at=Least(Value(now), Now()),
        created_at=now,
    )
