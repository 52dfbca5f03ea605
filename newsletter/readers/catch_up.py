"""Brings a restored database up to the journal of suppressions."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from newsletter.models import Consent, Subscriber, Suppression
from newsletter.readers import consent, suppressions
from newsletter.readers.consent_record import record
from newsletter.readers.journal import CONFIRMED, MailboxState, note_lifted


def catch_up(final_states: Mapping[bytes, MailboxState]) -> Counter[str]:
    """Bring a restored database up to the journal's final state of each mailbox; returns how often each action was taken.

    Changes that the database recorded later stay. A reader who confirmed since is subscribed if the backup has their row;
    `lost` counts the others, who must sign up again. One transaction; three queries, and some more for each mailbox that
    changes.
    """
    done: Counter[str] = Counter()
    with transaction.atomic():
        mailboxes = Q(address_key__in=list(final_states))
        held = Subscriber.objects.select_for_update().filter(mailboxes).order_by("pk")
        subscribers = {bytes(each.address_key): each for each in held}
        suppressions = {bytes(each.address_key): each for each in Suppression.objects.filter(mailboxes)}
        for key, final in sorted(final_states.items()):
            actions = _catch_up_mailbox(key, final, subscribers.get(key), suppressions.get(key))
            done.update(actions)
            done["lost"] += final.entry == CONFIRMED and (key not in subscribers or "erased" in actions)
    return done


def _catch_up_mailbox(
    key: bytes, final: MailboxState, subscriber: Subscriber | None, suppression: Suppression | None
) -> list[str]:
    """The actions that were taken, which may be none; each one is recorded."""
    actions = []
    if subscriber and final.erased_at and subscriber.created_at < final.erased_at:
        consent.erase_held(subscriber, now=final.erased_at)
        actions.append("erased")
    elif subscriber and final.entry == CONFIRMED:
        if (subscriber.unsubscribed_at or subscriber.confirmed_at or subscriber.created_at) >= final.at:
            return []
        if subscriber.status != Subscriber.Status.ACTIVE:
            _confirm_again(subscriber, at=final.at)
            actions.append("confirmed")
    elif subscriber and subscriber.status != Subscriber.Status.UNSUBSCRIBED:
        if (subscriber.confirmed_at or subscriber.created_at) >= final.at:
            return []
        consent.end_subscription(subscriber, now=final.at)
        actions.append("unsubscribed")
    if final.is_suppressed:
        if suppressions.add([key], final.entry, now=final.at):
            actions.append("suppressed")
    elif "erased" in actions or (suppression and suppression.created_at < final.at):
        Suppression.objects.filter(address_key=key).delete()
        note_lifted(key, final.entry)
        actions.append("lifted")
    for action in actions:
        record([key], action, source=Consent.Source.STAFF, now=final.at)
    return actions


def _confirm_again(subscriber: Subscriber, *, at: datetime) -> None:
    """Confirm the subscriber as of that time, with the choices of the latest confirmation asked for before it."""
    subscriber.status = Subscriber.Status.ACTIVE
    subscriber.confirmed_at, subscriber.unsubscribed_at = at, None
    asked = subscriber.confirmation_tokens.filter(created_at__lte=at).order_by("-created_at").first()
    consent.choose(subscriber, asked.choices if asked else {})
    subscriber.confirmation_tokens.filter(created_at__lte=at, used_at=None).update(used_at=at)
