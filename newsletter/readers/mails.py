"""The mails that a reader may cause, one at a time. None holds any text that was typed.

They are written for people who may not have asked for them: anyone can type any address.
"""

from datetime import datetime

from django.template.loader import render_to_string

from newsletter.models import Subscriber
from newsletter.readers import links
from newsletter.transport.messages import Message, contact_address, single_message
from newsletter.transport.return_addresses import reader_return_path, unsubscribe_address


def confirmation_mail(*, subscriber: Subscriber, token: str, now: datetime, is_move: bool = False) -> Message:
    """Asks a mailbox for its consent, to a subscription or to take the place of another address."""
    kind, subject = (
        ("move", "Get our mail here") if is_move else ("confirmation", "Confirm your subscription")
    )
    return _mail(kind, subject, subscriber, now=now, confirm_url=links.confirm_url(token))


def reminder_mail(*, subscriber: Subscriber, now: datetime) -> Message:
    """Tells a subscriber who signs up again of the subscription."""
    return _mail(
        "reminder",
        "You are subscribed already",
        subscriber,
        now=now,
        preferences_url=links.preferences_url(subscriber.pk),
        unsubscribe_url=links.unsubscribe_url(subscriber.pk),
    )


def owner_mail(*, subscriber: Subscriber, now: datetime) -> Message:
    """Lets the owner of the address export all that is kept, and be erased."""
    owner_url = links.owner_url(subscriber.pk, now=now)
    return _mail("owner", "Your data at AI Tool Verdicts", subscriber, now=now, owner_url=owner_url)


def moved_mail(*, subscriber: Subscriber, now: datetime) -> Message:
    """Tells a former address that the mail goes to another one from now on, which it does not name."""
    subject = "Our mail goes to another address"
    return _mail("moved", subject, subscriber, now=now, contact=contact_address())


def links_mail(*, subscriber: Subscriber, now: datetime) -> Message:
    """Fresh links, for a reader whose own do not work."""
    return _mail(
        "links",
        "Your links",
        subscriber,
        now=now,
        preferences_url=links.preferences_url(subscriber.pk),
        unsubscribe_url=links.unsubscribe_url(subscriber.pk),
        owner_url=links.owner_url(subscriber.pk, now=now),
    )


def _mail(kind: str, subject: str, subscriber: Subscriber, *, now: datetime, **told: str) -> Message:
    context = {"subject": subject, **told}
    return single_message(
        kind=kind,
        address=subscriber.address,
        subject=subject,
        text=render_to_string(f"newsletter/mails/{kind}.txt", context),
        html=render_to_string(f"newsletter/mails/{kind}.html", context),
        unsubscribe_url=told.get("unsubscribe_url", ""),
        unsubscribe_address=unsubscribe_address(subscriber.pk) if "unsubscribe_url" in told else "",
        return_path=reader_return_path(subscriber.pk, now=now),
    )
