"""Has a mail that came to a return address do what it does: by the rules for providers' events, each once."""

from datetime import UTC, datetime, time

import structlog

from newsletter.feedback import provider_events
from newsletter.feedback.provider_events import Report
from newsletter.feedback.returned_mail import ReturnedMail, read_mail
from newsletter.models import Consent, ProviderEvent, Subscriber, Suppression
from newsletter.readers import consent
from newsletter.readers.links import ErasedSubscriber
from newsletter.transport.return_addresses import ReturnKind

log = structlog.get_logger(__name__)

# The name of who tells it, beside those of providers.
MAILBOX = "mailbox"
Kind = ProviderEvent.Kind
SUPPRESSIONS = {
    Kind.HARD_BOUNCE: Suppression.Reason.HARD_BOUNCE,
    Kind.COMPLAINT: Suppression.Reason.COMPLAINT,
}


def receive(raw: bytes, *, now: datetime) -> bool:
    """Whether the mail meant something; then it is kept or done, and the mail itself is not needed any more.

    Again changes nothing. Raises an error of the database, after which the mail must be shown again.
    """
    try:
        found = read_mail(raw, now=now)
    except Exception as error:  # noqa: BLE001 # Anybody may send us anything, and the mails behind it are waiting.
        log.warning("returned_mail_unreadable", error=type(error).__name__)
        return False
    if found is None:
        return False
    # The address to leave by is in the headers of a mail that may be forwarded: it never does more than that.
    if found.kind == Kind.UNSUBSCRIBE or found.tag.kind == ReturnKind.LEAVING:
        _unsubscribe(found, now=now)
    else:
        provider_events.take_reports([_report_of(found, now=now)], provider=MAILBOX, now=now)
    return True


def _unsubscribe(found: ReturnedMail, *, now: datetime) -> None:
    """A reader who is erased, or left before, stays so."""
    subscriber = Subscriber.objects.filter(pk=found.tag.id).first()
    if subscriber:
        try:
            consent.unsubscribe(subscriber, source=Consent.Source.MAIL, now=now)
        except ErasedSubscriber:
            return


def _report_of(found: ReturnedMail, *, now: datetime) -> Report:
    tag = found.tag
    is_copy = tag.kind == ReturnKind.COPY
    reader = None if is_copy else Subscriber.objects.filter(pk=tag.id).first()
    return Report(
        kind=found.kind,
        deliveries=[tag.id] if is_copy else [],
        address_key=bytes(reader.address_key) if reader else None,
        # One of each kind counts for a mail: a sender who has its tag could send any number.
        identity=[tag.kind, tag.id.hex],
        detail=found.detail,
        suppresses_as=SUPPRESSIONS.get(found.kind, ""),
        happened_at=_happened_at(found, now=now),
    )


def _happened_at(found: ReturnedMail, *, now: datetime) -> datetime:
    """By the report's clock, but neither before the mail was sent nor in the future; else when it was sent."""
    if found.tag.sent_on is None:
        return min(now, found.written_at or now)
    sent_at = datetime.combine(found.tag.sent_on, time(), tzinfo=UTC)
    return min(now, max(sent_at, found.written_at or sent_at))
