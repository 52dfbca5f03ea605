"""What readers decide: to confirm, to leave, to be forgotten; and which suppression stands in whose way.

| suppressed as | a sign-up is mailed | confirming lifts it |
| --- | --- | --- |
| unsubscribe | yes | yes: the reader came back |
| erased | yes | yes: as somebody new, old links stay dead |
| hard_bounce | yes | yes: the link was opened, so the mailbox works |
| complaint | no | no: only staff may lift it |
| manual | no | no: only staff may lift it |

A mailbox has one reason, the lowest in this table that ever came up: erasing oneself lifts no complaint. Each deed
changes subscriber, suppression and record in one transaction that holds the subscriber's row, so that of two deeds
at once one comes after the other. Suppressions change nowhere else, and each change stands in the journal.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress as ignore
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from backend.api.problems import Refusal
from catalog.models import Category
from newsletter.deliveries.withdrawal import erase_addresses
from newsletter.models import ConfirmationToken, Consent, MailJob, ProviderEvent, Subscriber, Suppression
from newsletter.readers.addresses import address_key
from newsletter.readers.journal import CONFIRMED, LIFTED, STRENGTH, LastWord, note_lifted, note_suppressed
from newsletter.readers.links import ErasedSubscriber, confirmation_key
from reviews.models import Reviewer

# Raised whenever the words change that a reader agrees to: those of the mail and of the page.
WORDING = "2026-11"

LIFTED_BY_CONFIRMING = {"unsubscribe", "erased", "hard_bounce"}

SUPPRESS = """
INSERT INTO newsletter_suppression AS kept (address_key, reason, created_at)
VALUES (%(key)s, %(reason)s, %(now)s)
ON CONFLICT (address_key) DO UPDATE SET reason = EXCLUDED.reason, created_at = EXCLUDED.created_at
WHERE array_position(%(strength)s::text[], EXCLUDED.reason::text)
    > array_position(%(strength)s::text[], kept.reason::text)
"""


class UnknownConfirmation(Refusal):
    status_code = 404
    default_code = "unknown_confirmation"
    default_detail = "This is no confirmation link of ours, or no longer; sign up again."
    example_rank = 11


class ExpiredConfirmation(Refusal):
    status_code = 409
    default_code = "expired_confirmation"
    default_detail = "This link has expired, or a newer mail took its place; sign up again for a new one."
    example_rank = 11


class UsedConfirmation(Refusal):
    status_code = 409
    default_code = "used_confirmation"
    default_detail = "This link was used before, and the subscription has ended since; sign up again."
    example_rank = 12


class BlockedMailbox(Refusal):
    status_code = 409
    default_code = "blocked_mailbox"
    default_detail = "This mailbox is blocked, because it reported our mail or asked us to; write to us."
    example_rank = 13


# --- Confirming ---------------------------------------------------------------------------------


def find_confirmation(*, token: str, now: datetime) -> ConfirmationToken:
    """The confirmation that a link stands for, if it may still be used or was; raises its refusals. Changes nothing."""
    confirmations = ConfirmationToken.objects.select_related("subscriber")
    found = confirmations.filter(key=confirmation_key(token)).first()
    if found is None:
        raise UnknownConfirmation
    subscriber = found.subscriber
    if found.used_at:
        if subscriber.status != Subscriber.Status.ACTIVE:
            raise UsedConfirmation
        return found
    newer = subscriber.confirmation_tokens.filter(created_at__gt=found.created_at)
    if found.expires_at <= now or newer.exists():
        raise ExpiredConfirmation
    return found


def confirm(*, token: str, source: str, now: datetime) -> Subscriber:
    """Subscribe whoever got the mail, with what it was asked for; doing it again changes nothing."""
    with transaction.atomic():
        with ignore(ErasedSubscriber):
            _hold(find_confirmation(token=token, now=now).subscriber)
        # Somebody else may have been here while we waited.
        confirmation = find_confirmation(token=token, now=now)
        subscriber = confirmation.subscriber
        if confirmation.used_at:
            return subscriber
        _lift_by_confirming(bytes(subscriber.address_key), source=source, now=now)
        subscriber.status = Subscriber.Status.ACTIVE
        subscriber.confirmed_at = now
        subscriber.unsubscribed_at = None
        _choose(subscriber, confirmation.choices)
        ConfirmationToken.objects.filter(pk=confirmation.pk).update(used_at=now)
        note_lifted(bytes(subscriber.address_key), CONFIRMED)
        _record(bytes(subscriber.address_key), "confirmed", source=source, now=now)
        return subscriber


def _lift_by_confirming(key: bytes, *, source: str, now: datetime) -> None:
    suppression = Suppression.objects.select_for_update().filter(address_key=key).first()
    if suppression is None:
        return
    if suppression.reason not in LIFTED_BY_CONFIRMING:
        raise BlockedMailbox
    suppression.delete()
    _record(key, "lifted", source=source, now=now)


# --- Choosing -----------------------------------------------------------------------------------


def change_preferences(*, subscriber: Subscriber, choices: dict[str, Any]) -> Subscriber:
    """Any of topics and reviewers (as slugs), frequency and time_zone. It never subscribes anybody."""
    with transaction.atomic():
        subscriber = _hold(subscriber)
        _choose(subscriber, choices)
        return subscriber


def _choose(subscriber: Subscriber, choices: dict[str, Any]) -> None:
    """What has been deleted since it was chosen is left out."""
    subscriber.frequency = choices.get("frequency", subscriber.frequency)
    subscriber.time_zone = choices.get("time_zone", subscriber.time_zone)
    subscriber.save()
    if "topics" in choices:
        subscriber.topics.set(Category.objects.filter(slug__in=choices["topics"]))
    if "reviewers" in choices:
        subscriber.reviewers.set(Reviewer.objects.filter(slug__in=choices["reviewers"]))


# --- Leaving ------------------------------------------------------------------------------------


def unsubscribe(*, subscriber: Subscriber, source: str, now: datetime) -> None:
    """No more mail; right as often as it is said. Links of confirmations that are out stop working."""
    with transaction.atomic():
        subscriber = _hold(subscriber)
        was_subscribed = subscriber.status != Subscriber.Status.UNSUBSCRIBED
        _end(subscriber, now=now)
        _suppress([bytes(subscriber.address_key)], "unsubscribe", now=now)
        if was_subscribed:
            _record(bytes(subscriber.address_key), "unsubscribed", source=source, now=now)


def erase(*, subscriber: Subscriber, source: str, now: datetime) -> None:
    """Forget the reader: what is left are the keys of their mailbox in suppression, record and deliveries."""
    with transaction.atomic():
        subscriber = _hold(subscriber)
        _erase(subscriber, now=now)
        _record(bytes(subscriber.address_key), "erased", source=source, now=now)


def _erase(subscriber: Subscriber, *, now: datetime) -> None:
    key = bytes(subscriber.address_key)
    MailJob.objects.filter(address=subscriber.address).delete()
    erase_addresses(subscriber_id=subscriber.pk)
    # What a server said may name its user.
    ProviderEvent.objects.filter(address_key=key).update(detail="")
    subscriber.delete()
    if not _suppress([key], "erased", now=now):
        # A stronger reason stays, and the journal must tell a restored copy to forget this reader.
        note_suppressed([key], "erased")


def suppress(*, keys: Sequence[bytes], reason: str, source: str, now: datetime) -> None:
    """For bounces, complaints and staff: end the subscriptions, and mail these mailboxes no more."""
    with transaction.atomic():
        held = Subscriber.objects.select_for_update().filter(address_key__in=keys).order_by("pk")
        for subscriber in held:
            _end(subscriber, now=now)
        _suppress(keys, reason, now=now)
        for key in sorted(keys):
            _record(key, "suppressed", source=source, now=now)


def lift(*, suppression: Suppression, now: datetime) -> None:
    """By staff alone: mail may go there again, once its reader signs up anew."""
    with transaction.atomic():
        key = bytes(suppression.address_key)
        Suppression.objects.filter(address_key=key).delete()
        note_lifted(key, LIFTED)
        _record(key, "lifted", source=Consent.Source.STAFF, now=now)


def is_blocked(address: str) -> bool:
    """Whether not even a sign-up is mailed. One query."""
    suppressions = Suppression.objects.filter(address_key=address_key(address))
    return suppressions.exclude(reason__in=LIFTED_BY_CONFIRMING).exists()


def record_asked(key: bytes, *, source: str, now: datetime) -> None:
    """A confirmation was mailed."""
    _record(key, "asked", source=source, now=now)


def _hold(subscriber: Subscriber) -> Subscriber:
    """The row as it is now, locked until the transaction ends; raises ErasedSubscriber."""
    held = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if held is None:
        raise ErasedSubscriber
    return held


def _end(subscriber: Subscriber, *, now: datetime) -> None:
    if subscriber.status != Subscriber.Status.UNSUBSCRIBED:
        subscriber.status = Subscriber.Status.UNSUBSCRIBED
        subscriber.unsubscribed_at = now
        subscriber.save(update_fields=["status", "unsubscribed_at", "updated_at"])
    subscriber.confirmation_tokens.filter(used_at=None).update(expires_at=now)


def _suppress(keys: Sequence[bytes], reason: str, *, now: datetime) -> list[bytes]:
    """Those that had no reason as strong before."""
    changed = []
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute(SUPPRESS, {"key": key, "reason": reason, "now": now, "strength": STRENGTH})
            if cursor.rowcount:
                changed.append(key)
    note_suppressed(changed, reason)
    return changed


def _record(key: bytes, deed: str, *, source: str, now: datetime) -> None:
    Consent.objects.create(address_key=key, deed=deed, source=source, wording=WORDING, created_at=now)


# --- Catching up after a restore ----------------------------------------------------------------


def catch_up(words: Mapping[bytes, LastWord]) -> Counter[str]:
    """Do what a journal says was done since this copy of the database was made; how often what was done.

    What the database knows of a later time stays. Those who confirmed since are subscribed where their row is in the
    backup, and `lost` counts those of whom nothing is: they must sign up again. One transaction, three queries and some
    for each mailbox that changes.
    """
    done: Counter[str] = Counter()
    with transaction.atomic():
        held = Subscriber.objects.select_for_update().filter(address_key__in=list(words)).order_by("pk")
        subscribers = {bytes(each.address_key): each for each in held}
        suppressed = Suppression.objects.filter(address_key__in=list(words))
        suppressions = {bytes(each.address_key): each for each in suppressed}
        for key, word in sorted(words.items()):
            deeds = _deeds_of(key, word, subscribers.get(key), suppressions.get(key))
            done.update(deeds)
            done["lost"] += word.word == CONFIRMED and (key not in subscribers or "erased" in deeds)
    return done


def _deeds_of(
    key: bytes, word: LastWord, subscriber: Subscriber | None, suppression: Suppression | None
) -> list[str]:
    """What had to be done for one mailbox to catch up, if anything: each deed is also a line of the record."""
    deeds = []
    if subscriber and word.erased_at and subscriber.created_at < word.erased_at:
        _erase(subscriber, now=word.erased_at)
        deeds.append("erased")
    elif subscriber and word.word == CONFIRMED:
        if (subscriber.unsubscribed_at or subscriber.confirmed_at or subscriber.created_at) >= word.at:
            return []
        if subscriber.status != Subscriber.Status.ACTIVE:
            _confirm_again(subscriber, at=word.at)
            deeds.append("confirmed")
    elif subscriber and subscriber.status != Subscriber.Status.UNSUBSCRIBED:
        if (subscriber.confirmed_at or subscriber.created_at) >= word.at:
            return []
        _end(subscriber, now=word.at)
        deeds.append("unsubscribed")
    if word.is_suppressed:
        if _suppress([key], word.word, now=word.at):
            deeds.append("suppressed")
    elif "erased" in deeds or (suppression and suppression.created_at < word.at):
        Suppression.objects.filter(address_key=key).delete()
        note_lifted(key, word.word)
        deeds.append("lifted")
    for deed in deeds:
        _record(key, deed, source=Consent.Source.STAFF, now=word.at)
    return deeds


def _confirm_again(subscriber: Subscriber, *, at: datetime) -> None:
    """As it was confirmed, with what the latest confirmation before that was asked for."""
    subscriber.status = Subscriber.Status.ACTIVE
    subscriber.confirmed_at, subscriber.unsubscribed_at = at, None
    asked = subscriber.confirmation_tokens.filter(created_at__lte=at).order_by("-created_at").first()
    _choose(subscriber, asked.choices if asked else {})
    subscriber.confirmation_tokens.filter(created_at__lte=at, used_at=None).update(used_at=at)
