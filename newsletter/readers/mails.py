"""The two mails that a sign-up may cause. Neither holds any text that was typed into the sign-up.

Both are written for people who may not have asked for them: anyone can type any address.
"""

from django.template.loader import render_to_string

from newsletter.models import Subscriber
from newsletter.readers import links
from newsletter.transport.messages import Message, single_message


def confirmation_mail(*, address: str, token: str) -> Message:
    """Asks a mailbox for its consent."""
    return _mail("confirmation", "Confirm your subscription", address, confirm_url=links.confirm_url(token))


def reminder_mail(*, subscriber: Subscriber) -> Message:
    """Tells a subscriber who signs up again of the subscription."""
    return _mail(
        "reminder",
        "You are subscribed already",
        subscriber.address,
        preferences_url=links.preferences_url(subscriber.pk),
        unsubscribe_url=links.unsubscribe_url(subscriber.pk),
    )


def _mail(kind: str, subject: str, address: str, **links_in_it: str) -> Message:
    context = {"subject": subject, **links_in_it}
    return single_message(
        kind=kind,
        address=address,
        subject=subject,
        text=render_to_string(f"newsletter/mails/{kind}.txt", context),
        html=render_to_string(f"newsletter/mails/{kind}.html", context),
        unsubscribe_url=links_in_it.get("unsubscribe_url", ""),
    )
