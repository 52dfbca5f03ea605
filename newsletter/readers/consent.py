"""What readers decide: to confirm, to leave, to be erased; and what each suppression allows.

| suppressed as | a sign-up is mailed | confirming lifts it |
| --- | --- | --- |
| unsubscribe | yes | yes: the reader came back |
| erased | yes | yes: as a new subscriber, old links stay invalid |
| hard_bounce | yes | yes: the link was opened, so the mailbox works |
| complaint | no | no: only staff may lift it |
| manual | no | no: only staff may lift it |

What the last two say of `ada@` counts for sign-ups of `ada+news@` and `a.da@` too; an import compares spellings.

A mailbox has one reason, the lowest in this table that ever came up: erasing oneself lifts no complaint. Each action
changes subscriber, suppression and record in one transaction that locks the subscriber's row, so two actions at once
run one after the other. No other module changes suppressions, and the journal records each change.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress as ignore
from datetime import datetime, timedelta
from typing import TypedDict

from django.db import transaction
from django.db.models import Q

from backend.api.problems import Refusal
from catalog.models import Category
from newsletter.deliveries.database import rows
from newsletter.deliveries.withdrawal import erase_addresses
from newsletter.models import ConfirmationToken, Consent, MailJob, ProviderEvent, Subscriber, Suppression
from newsletter.readers.addresses import address_key, untagged
from newsletter.readers.journal import CONFIRMED, LIFTED, STRENGTH, MailboxState, note_lifted, note_suppressed
from newsletter.readers.links import ErasedSubscriber, confirmation_key
from newsletter.readers.mail_jobs import queue_mail
from reviews.models import Reviewer

# Raised whenever the words change that a reader agrees to: those of the mail and of the page.
WORDING = "2026-11"

# How long the links of a mail let somebody who left come back to their choices.
LEFT_KEPT_FOR = timedelta(days=30)

LIFTED_BY_CONFIRMING = {"unsubscribe", "erased", "hard_bounce"}

SUPPRESS = """
INSERT INTO newsletter_suppression AS kept (address_key, reason, created_at)
SELECT key, %(reason)s, %(now)s FROM unnest(%(keys)s::bytea[]) key
ON CONFLICT (address_key) DO UPDATE SET reason = EXCLUDED.reason, created_at = EXCLUDED.created_at
WHERE array_position(%(strength)s::text[], EXCLUDED.reason::text)
    > array_position(%(strength)s::text[], kept.reason::text)
RETURNING address_key
"""


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


class BlockedMailbox(Refusal):
    status_code = 409
    default_code = "blocked_mailbox"
    default_detail = "This mailbox is blocked, because it reported our mail or asked us to; write to us."
    example_rank = 13


CONFIRMATION_REFUSALS = (UnknownConfirmation, ExpiredConfirmation, UsedConfirmation, BlockedMailbox)


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
        _lift_by_confirming(subscriber.address, source=source, now=now)
        # Who gets the mail at both addresses keeps the choices of this one.
        keeps_choices = bool(confirmation.replaces_id) and subscriber.status == Subscriber.Status.ACTIVE
        subscriber.status = Subscriber.Status.ACTIVE
        subscriber.confirmed_at, subscriber.unsubscribed_at = now, None
        _choose(subscriber, {} if keeps_choices else confirmation.choices)
        ConfirmationToken.objects.filter(pk=confirmation.pk).update(used_at=now)
        note_lifted(bytes(subscriber.address_key), CONFIRMED)
        _record(bytes(subscriber.address_key), "confirmed", source=source, now=now)
        former = confirmation.replaces
        if former and former.status == Subscriber.Status.ACTIVE:
            unsubscribe(former, source=source, now=now)
            queue_mail(kind=MailJob.Kind.MOVED, address=former.address, source=source, now=now)
        return subscriber


def _lift_by_confirming(address: str, *, source: str, now: datetime) -> None:
    key = address_key(address)
    mailbox = Suppression.objects.select_for_update().filter(address_key__in=_keys_that_block(address))
    reasons = {bytes(each.address_key): each.reason for each in mailbox.order_by("address_key")}
    if not LIFTED_BY_CONFIRMING.issuperset(reasons.values()):
        raise BlockedMailbox
    if key in reasons:
        Suppression.objects.filter(address_key=key).delete()
        _record(key, "lifted", source=source, now=now)


def _keys_that_block(address: str) -> list[bytes]:
    return [address_key(address), address_key(untagged(address))]


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
        _choose(subscriber, choices)
        _record(bytes(subscriber.address_key), "changed", source=source, now=now)
        return subscriber


def refuse_nothing(choices: Preferences, *, follows: bool) -> None:
    """Raises NothingChosen for choices with topics that bring no mail; `follows` says whether reviewers are followed."""
    # Of each new comparison only topics decide.
    follows = follows and choices.get("frequency") != Subscriber.Frequency.EACH_COMPARISON
    if not (follows or choices.get("topics") or _wants_every_topic(choices)):
        raise NothingChosen


def _wants_every_topic(choices: Preferences) -> bool:
    return choices.get("every_topic", not choices.get("topics"))


def _choose(subscriber: Subscriber, choices: Preferences) -> None:
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
        _end(subscriber, now=now)
        _suppress([bytes(subscriber.address_key)], "unsubscribe", now=now)
        if was_subscribed:
            _record(bytes(subscriber.address_key), "unsubscribed", source=source, now=now)


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
        _erase(subscriber, now=now)
        _record(bytes(subscriber.address_key), "erased", source=source, now=now)


def _erase(subscriber: Subscriber, *, now: datetime) -> None:
    key = bytes(subscriber.address_key)
    _delete(subscriber)
    if not _suppress([key], "erased", now=now):
        # A stronger reason stays; the journal must still tell a restored database to erase this reader.
        note_suppressed([key], "erased")


def _delete(subscriber: Subscriber) -> None:
    MailJob.objects.filter(Q(address=subscriber.address) | Q(replaces=subscriber)).delete()
    erase_addresses(subscriber_id=subscriber.pk)
    # A server's text may name its user.
    ProviderEvent.objects.filter(address_key=subscriber.address_key).update(detail="")
    subscriber.delete()


def purge_those_who_left(*, now: datetime) -> None:
    """Delete readers who left LEFT_KEPT_FOR ago, their address in each copy too; what an erasure leaves stays."""
    left = Subscriber.objects.filter(
        status=Subscriber.Status.UNSUBSCRIBED, unsubscribed_at__lte=now - LEFT_KEPT_FOR
    )
    for subscriber in left.order_by("pk").iterator():
        with transaction.atomic(), ignore(ErasedSubscriber):
            held = _hold(subscriber)
            if held.unsubscribed_at and held.unsubscribed_at <= now - LEFT_KEPT_FOR:
                _delete(held)


def suppress(*, keys: Sequence[bytes], reason: str, source: str, now: datetime) -> None:
    """End the subscriptions of these mailboxes and send them no more mail: for bounces, complaints and staff."""
    with transaction.atomic():
        held = Subscriber.objects.select_for_update().filter(address_key__in=keys).order_by("pk")
        for subscriber in held:
            _end(subscriber, now=now)
        _suppress(keys, reason, now=now)
        Consent.objects.bulk_create(_line(key, "suppressed", source=source, now=now) for key in sorted(keys))


def lift(*, suppression: Suppression, now: datetime) -> None:
    """Remove a suppression; only staff may. The mailbox gets mail again once its reader signs up anew."""
    with transaction.atomic():
        key = bytes(suppression.address_key)
        Suppression.objects.filter(address_key=key).delete()
        note_lifted(key, LIFTED)
        _record(key, "lifted", source=Consent.Source.STAFF, now=now)


def take_back_bounce(*, key: bytes, suppressed_at: datetime, now: datetime) -> bool:
    """Lift a hard bounce that was none, and make the reader whom it unsubscribed active again; whether it still stood."""
    with transaction.atomic():
        reader = Subscriber.objects.select_for_update().filter(address_key=key).first()
        bounced = Suppression.objects.filter(
            address_key=key, reason=Suppression.Reason.HARD_BOUNCE, created_at=suppressed_at
        )
        if not bounced.delete()[0]:
            return False
        if reader and reader.unsubscribed_at == suppressed_at and reader.confirmed_at:
            reader.status, reader.unsubscribed_at = Subscriber.Status.ACTIVE, None
            reader.save(update_fields=["status", "unsubscribed_at", "updated_at"])
        note_lifted(key, LIFTED)
        _record(key, "lifted", source=Consent.Source.STAFF, now=now)
        return True


def is_blocked(address: str) -> bool:
    """Whether the mailbox gets no mail at all, not even for a sign-up, by this spelling or without tag and dots.

    One query; raises InvalidAddress.
    """
    suppressions = Suppression.objects.filter(address_key__in=_keys_that_block(address))
    return suppressions.exclude(reason__in=LIFTED_BY_CONFIRMING).exists()


def record_asked(key: bytes, *, source: str, now: datetime) -> None:
    """Record that a confirmation was mailed to the mailbox with this key."""
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
    open_links = Q(subscriber=subscriber) | Q(replaces=subscriber)
    ConfirmationToken.objects.filter(open_links, used_at=None).update(expires_at=now)
    MailJob.objects.filter(replaces=subscriber).delete()


def _suppress(keys: Sequence[bytes], reason: str, *, now: datetime) -> list[bytes]:
    """The keys that are suppressed now for this reason: those with an equal or stronger one keep theirs."""
    # In order, so that two at once don't wait for each other.
    values = {"keys": sorted(set(keys)), "reason": reason, "now": now, "strength": STRENGTH}
    changed = [bytes(key) for (key,) in rows(SUPPRESS, values)]
    note_suppressed(changed, reason)
    return changed


def _record(key: bytes, action: str, *, source: str, now: datetime) -> None:
    _line(key, action, source=source, now=now).save()


def _line(key: bytes, action: str, *, source: str, now: datetime) -> Consent:
    return Consent(address_key=key, deed=action, source=source, wording=WORDING, created_at=now)


# --- Catching up after a restore ----------------------------------------------------------------


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
        _erase(subscriber, now=final.erased_at)
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
        _end(subscriber, now=final.at)
        actions.append("unsubscribed")
    if final.is_suppressed:
        if _suppress([key], final.entry, now=final.at):
            actions.append("suppressed")
    elif "erased" in actions or (suppression and suppression.created_at < final.at):
        Suppression.objects.filter(address_key=key).delete()
        note_lifted(key, final.entry)
        actions.append("lifted")
    for action in actions:
        _record(key, action, source=Consent.Source.STAFF, now=final.at)
    return actions


def _confirm_again(subscriber: Subscriber, *, at: datetime) -> None:
    """Confirm the subscriber as of that time, with the choices of the latest confirmation asked for before it."""
    subscriber.status = Subscriber.Status.ACTIVE
    subscriber.confirmed_at, subscriber.unsubscribed_at = at, None
    asked = subscriber.confirmation_tokens.filter(created_at__lte=at).order_by("-created_at").first()
    _choose(subscriber, asked.choices if asked else {})
    subscriber.confirmation_tokens.filter(created_at__lte=at, used_at=None).update(used_at=at)
