"""The two mails that a sign-up may cause. Neither holds anything that whoever signed up has typed.

Both are written for people who may not have asked for them: anybody can type anybody's address.
"""

from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from newsletter.models import Subscriber
from newsletter.readers import links
from newsletter.transport.post import SignedMail


def confirmation_mail(*, address: str, token: str) -> EmailMultiAlternatives:
    return _mail("confirmation", "Confirm your subscription", address, confirm_url=links.confirm_url(token))


def reminder_mail(*, subscriber: Subscriber) -> EmailMultiAlternatives:
    """To somebody who is subscribed already."""
    mail = _mail(
        "reminder",
        "You are subscribed already",
        subscriber.address,
        preferences_url=links.preferences_url(subscriber.pk),
        unsubscribe_url=links.unsubscribe_url(subscriber.pk),
    )
    mail.extra_headers |= {
        "List-Unsubscribe": f"<{links.one_click_url(subscriber.pk)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return mail


def _mail(name: str, subject: str, address: str, **values: str) -> EmailMultiAlternatives:
    context = {"subject": subject, **values}
    mail = SignedMail(
        subject=subject,
        body=render_to_string(f"newsletter/mails/{name}.txt", context),
        from_email=settings.MAIL_FROM,
        to=[address],
        headers={
            # RFC 3834: vacation programs do not answer.
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<{name}.{uuid4()}@{settings.MAIL_DOMAIN}>",
        },
    )
    mail.attach_alternative(render_to_string(f"newsletter/mails/{name}.html", context), "text/html")
    return mail
