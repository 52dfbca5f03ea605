"""What readers decide: to confirm, to choose, to leave, to be erased.

Each action changes subscriber, suppression and record in one transaction that locks the subscriber's row, so two actions at
once run one after the other.
"""

from collections.abc import Sequence
from contextlib import suppress as ignore
from datetime import datetime, timedelta
from typing import TypedDict

from django.db import transaction
from django.db.models import Q

from backend.api.problems import Refusal
from catalog.models import Category
from newsletter.deliveries.withdrawal import erase_addresses
from newsletter.models import ConfirmationToken, MailJob, ProviderEvent, Subscriber
from newsletter.readers import suppressions
from newsletter.readers.consent_record import record
from newsletter.readers.journal import CONFIRMED, note_lifted, note_suppressed
from newsletter.readers.links import ErasedSubscriber, confirmation_key
from newsletter.readers.mail_jobs import queue_mail
from reviews.models import Reviewer

# How long the links of a mail let a reader who left come back to their choices.
LEFT_KEPT_FOR = timedelta(days=30)


class Preferences(TypedDict, total=False):
    """What a reader chooses, as sign-ups and confirmations keep it in JSON; what is left out stays as it is."""

    # Slugs of categories, and of reviewers.
    topics: list[str]
    # Where it is left out, a list without topics means every one.
    every_topic: bool
    reviewers: list[str]
    frequency: str


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


CONFIRMATION_REFUSALS = (
    UnknownConfirmation,
    ExpiredConfirmation,
    UsedConfirmation,
    suppressions.BlockedMailbox,
)


class NothingChosen(Refusal):
    status_code = 400
    default_code = "nothing_chosen"
    default_detail = (
        "No mail would ever come: choose every topic (null), some topics or reviewers, or unsubscribe."
    )
    example_rank = 2
    pointer = "/topics"


# --- Confirming ---------------------------------------------------------------------------------


def find_confirmation(*, token: str, now: datetime) -> ConfirmationToken:
    """The confirmation of a link, if it is valid or was used already. Changes nothing; one query, or two for a valid one.

    Raises UnknownConfirmation, UsedConfirmation or ExpiredConfirmation.
    """
    confirmations = ConfirmationToken.objects.select_related("subscriber", "replaces")
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
    """Subscribe the reader of the confirmation mail, with the choices of the sign-up. Again changes nothing.

    A reader who moves leaves the former address, which is told. Raises what `find_confirmation` raises, and BlockedMailbox.
    """
    with transaction.atomic():
        found = find_confirmation(token=token, now=now)
        # Another request may confirm or erase while this one waits for the rows.
        held = Subscriber.objects.select_for_update().order_by("pk")
        list(held.filter(pk__in=[found.subscriber_id, found.replaces_id]))
        confirmation = find_confirmation(token=token, now=now)
        subscriber = confirmation.subscriber
        if confirmation.used_at:
            return subscriber
        suppressions.lift_by_confirming(subscriber.address, source=source, now=now)
        # Who gets the mail at both addresses keeps the choices of this one.
        keeps_choices = bool(confirmation.replaces_id) and subscriber.status == Subscriber.Status.ACTIVE
        subscriber.status = Subscriber.Status.ACTIVE
        subscriber.confirmed_at, subscriber.unsubscribed_at = now, None
        choose(subscriber, {} if keeps_choices else confirmation.choices)
        ConfirmationToken.objects.filter(pk=confirmation.pk).update(used_at=now)
        note_lifted(bytes(subscriber.address_key), CONFIRMED)
        record([bytes(subscriber.address_key)], "confirmed", source=source, now=now)
        former = confirmation.replaces
        if former and former.status == Subscriber.Status.ACTIVE:
            unsubscribe(former, source=source, now=now)
            queue_mail(kind=MailJob.Kind.MOVED, address=former.address, source=source, now=now)
        return subscriber


def decline(*, token: str, now: datetime) -> ConfirmationToken:
    """End the link of a mail that nobody asked for; one that was used stays, with its subscription.

    Raises what `find_confirmation` raises.
    """
    found = find_confirmation(token=token, now=now)
    ConfirmationToken.objects.filter(pk=found.pk, used_at=None).update(expires_at=now)
    return found


# --- Choosing -----------------------------------------------------------------------------------


def change_preferences(
    *, subscriber: Subscriber, choices: Preferences, source: str, now: datetime
) -> Subscriber:
    """Set any of topics and reviewers (as slugs) and frequency. It does not subscribe a reader who left.

    Raises ErasedSubscriber, and NothingChosen where topics are chosen so that no mail would come.
    """
    with transaction.atomic():
        subscriber = _hold(subscriber)
        if "topics" in choices:
            follows = bool(choices.get("reviewers", subscriber.reviewers.exists()))
            refuse_nothing({"frequency": subscriber.frequency, **choices}, follows=follows)
        choose(subscriber, choices)
        record([bytes(subscriber.address_key)], "changed", source=source, now=now)
        return subscriber


def refuse_nothing(choices: Preferences, *, follows: bool) -> None:
    """Raises NothingChosen for choices with topics that bring no mail; `follows` says whether reviewers are followed."""
    # Of each new comparison only topics decide.
    follows = follows and choices.get("frequency") != Subscriber.Frequency.EACH_COMPARISON
    if not (follows or choices.get("topics") or _wants_every_topic(choices)):
        raise NothingChosen


def _wants_every_topic(choices: Preferences) -> bool:
    return choices.get("every_topic", not choices.get("topics"))


def choose(subscriber: Subscriber, choices: Preferences) -> None:
    """Topics and reviewers that were deleted meanwhile are left out."""
    subscriber.frequency = choices.get("frequency", subscriber.frequency)
    if "topics" in choices:
        subscriber.gets_every_topic = _wants_every_topic(choices)
    subscriber.save()
    if "topics" in choices:
        subscriber.topics.set(Category.objects.filter(slug__in=choices["topics"]))
    if "reviewers" in choices:
        subscriber.reviewers.set(Reviewer.objects.filter(slug__in=choices["reviewers"]))


# --- Leaving ------------------------------------------------------------------------------------


def unsubscribe(subscriber: Subscriber, *, source: str, now: datetime) -> None:
    """End the mail, and expire open confirmation links. Again changes nothing. Raises ErasedSubscriber."""
    with transaction.atomic():
        subscriber = _hold(subscriber)
        was_subscribed = subscriber.status != Subscriber.Status.UNSUBSCRIBED
        end_subscription(subscriber, now=now)
        suppressions.add([bytes(subscriber.address_key)], "unsubscribe", now=now)
        if was_subscribed:
            record([bytes(subscriber.address_key)], "unsubscribed", source=source, now=now)


def has_moved(subscriber: Subscriber) -> bool:
    """Whether the subscription ended because it goes to another address now. One query for who has left."""
    if subscriber.status != Subscriber.Status.UNSUBSCRIBED:
        return False
    return ConfirmationToken.objects.filter(replaces=subscriber, used_at=subscriber.unsubscribed_at).exists()


def erase(*, subscriber: Subscriber, source: str, now: datetime) -> None:
    """Erase the reader: only the key of their mailbox stays, in suppression, record and deliveries.

    Raises ErasedSubscriber.
    """
    with transaction.atomic():
        subscriber = _hold(subscriber)
        erase_held(subscriber, now=now)
        record([bytes(subscriber.address_key)], "erased", source=source, now=now)


def erase_held(subscriber: Subscriber, *, now: datetime) -> None:
    """Deletes a reader whose row is locked here, and keeps their mailbox from further mail. Writes no line of consent."""
    key = bytes(subscriber.address_key)
    # Sign-ups too, which would make them a reader again.
    MailJob.objects.filter(address=subscriber.address).delete()
    _delete(subscriber)
    if not suppressions.add([key], "erased", now=now):
        # A stronger reason stays; the journal must still tell a restored database to erase this reader.
        note_suppressed([key], "erased")


def _delete(subscriber: Subscriber) -> None:
    """With what is to be mailed to them, but for a new sign-up, which makes a new reader."""
    mails = Q(address=subscriber.address) & ~Q(kind=MailJob.Kind.SIGN_UP)
    MailJob.objects.filter(mails | Q(replaces=subscriber)).delete()
    erase_addresses(subscriber_id=subscriber.pk)
    # A server's text may name its user.
    ProviderEvent.objects.filter(address_key=subscriber.address_key).update(detail="")
    subscriber.delete()


def purge_those_who_left(*, now: datetime) -> None:
    """Delete readers who left LEFT_KEPT_FOR ago, their address in each copy too; what an erasure leaves stays.

    Those who have signed up again stay as long as their link works.
    """
    left = Subscriber.objects.filter(
        status=Subscriber.Status.UNSUBSCRIBED, unsubscribed_at__lte=now - LEFT_KEPT_FOR
    )
    for subscriber in left.order_by("pk").iterator():
        with transaction.atomic(), ignore(ErasedSubscriber):
            held = _hold(subscriber)
            has_left = bool(held.unsubscribed_at and held.unsubscribed_at <= now - LEFT_KEPT_FOR)
            links = ConfirmationToken.objects.filter(subscriber=held, used_at=None, expires_at__gt=now)
            if has_left and not links.exists():
                _delete(held)


def suppress(*, keys: Sequence[bytes], reason: str, source: str, now: datetime) -> None:
    """End the subscriptions of these mailboxes and send them no more mail: for bounces, complaints and staff."""
    with transaction.atomic():
        held = Subscriber.objects.select_for_update().filter(address_key__in=keys).order_by("pk")
        for subscriber in held:
            end_subscription(subscriber, now=now)
        suppressions.add(keys, reason, now=now)
        record(keys, "suppressed", source=source, now=now)


def end_subscription(subscriber: Subscriber, *, now: datetime) -> None:
    """Of a reader whose row this transaction has locked; ends their open links too. Writes no line of consent."""
    if subscriber.status != Subscriber.Status.UNSUBSCRIBED:
        subscriber.status = Subscriber.Status.UNSUBSCRIBED
        subscriber.unsubscribed_at = now
        subscriber.save(update_fields=["status", "unsubscribed_at", "updated_at"])
    open_links = Q(subscriber=subscriber) | Q(replaces=subscriber)
    ConfirmationToken.objects.filter(open_links, used_at=None).update(expires_at=now)
    MailJob.objects.filter(replaces=subscriber).delete()


def _hold(subscriber: Subscriber) -> Subscriber:
    """The row as it is now, locked until the transaction ends; raises ErasedSubscriber."""
    held = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if held is None:
        raise ErasedSubscriber
    return held
