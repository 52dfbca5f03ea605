"""A test of an edition: one mail to one address, as a reader would get it. The ledger of deliveries never hears of it."""

import smtplib
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from backend.admin.errors import CurationError
from backend.api import throttling
from backend.api.throttling import Limit
from newsletter.content.composition import Composed
from newsletter.content.rendering import PREFERENCES_URL, UNSUBSCRIBE_URL
from newsletter.readers import consent, links
from newsletter.readers.addresses import masked
from newsletter.transport.post import TROUBLE, NoMailServerError, Post, SignedMail
from newsletter.transport.smtp import BrokenError, RefusedError

MARK = "[Test]"
# Of each curator.
LIMITS = (Limit("test-mails-60s", 5, 60), Limit("test-mails-86400s", 100, 86_400))
# Its links work, and speak of nobody: whoever unsubscribes by them is told that it is done, and nobody has left.
NOBODY = UUID(int=0)


class TrialRefusedError(CurationError):
    """Why no test was sent, in words for the curator."""


def send_trial(*, composed: Composed, address: str, sender: str, now: datetime) -> None:
    """To a canonical address; raises TrialRefusedError, which says what is in the way, or what the mail server said.

    `sender` is whose limits this counts towards. It waits for the server, EMAIL_TIMEOUT seconds a step.
    """
    if consent.is_blocked(address):
        raise TrialRefusedError("This mailbox is blocked, since it reported our mail or staff said so.")
    [spent] = throttling.spend([(sender, LIMITS)], now=now)
    if not spent.is_allowed:
        limit, wait = spent.tightest.limit, spent.tightest.seconds_left
        raise TrialRefusedError(
            f"At most {limit.count} tests in {limit.seconds} seconds: try again in {wait}."
        )
    post = Post()
    try:
        post.send(trial_mail(composed=composed, address=address))
    except NoMailServerError as error:
        raise TrialRefusedError(
            f"The mail server cannot be reached, or does not let us in ({error})."
        ) from error
    except TROUBLE as error:
        raise TrialRefusedError(f"The mail server did not take it: {_words(error, address)}.") from error
    finally:
        post.close()


def trial_mail(*, composed: Composed, address: str) -> EmailMultiAlternatives:
    mail = SignedMail(
        subject=f"{MARK} {composed.subject}",
        body=_with_links(composed.text),
        from_email=settings.MAIL_FROM,
        to=[address],
        headers={
            # RFC 3834: vacation programs do not answer.
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<test.{uuid4()}@{settings.MAIL_DOMAIN}>",
        },
    )
    mail.attach_alternative(_with_links(composed.html), "text/html")
    return mail


def _with_links(content: str) -> str:
    return content.replace(UNSUBSCRIBE_URL, links.unsubscribe_url(NOBODY)).replace(
        PREFERENCES_URL, links.preferences_url(NOBODY)
    )


def _words(error: Exception, address: str) -> str:
    """Code and text, in which servers like to quote the address."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
            said = f"{code} {_text(text)}"
        case smtplib.SMTPResponseException():
            said = f"{error.smtp_code} {_text(error.smtp_error)}"
        case RefusedError():
            said = f"{error.code} {error.text}"
        case BrokenError():
            said = error.detail
        case _:
            said = type(error).__name__
    return " ".join(said.split()).replace(address, masked(address))


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
