"""A test send of an edition: one mail to one address, as a reader would get it. It writes nothing to the ledger."""

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
# The links in a test mail carry this id, which no subscriber has: they open the real pages and change nothing.
NO_SUBSCRIBER = UUID(int=0)


class TestSendRefusedError(CurationError):
    """Why no test mail was sent; its text is for the curator."""


def send_test_mail(*, composed: Composed, address: str, sender: str, now: datetime) -> None:
    """Mail a composed edition to a canonical address, and wait for the server: EMAIL_TIMEOUT seconds a step.

    `sender` names the curator whose LIMITS the mail counts towards. Raises TestSendRefusedError where the mailbox is
    blocked, a limit is used up, or the mail server does not take the mail.
    """
    if consent.is_blocked(address):
        raise TestSendRefusedError("This mailbox is blocked, since it reported our mail or staff said so.")
    [spent] = throttling.spend([(sender, LIMITS)], now=now)
    if not spent.is_allowed:
        limit, wait = spent.tightest.limit, spent.tightest.seconds_left
        raise TestSendRefusedError(
            f"At most {limit.count} tests in {limit.seconds} seconds: try again in {wait}."
        )
    post = Post()
    try:
        post.send(_test_mail(composed=composed, address=address))
    except NoMailServerError as error:
        raise TestSendRefusedError(
            f"The mail server cannot be reached, or does not let us in ({error})."
        ) from error
    except TROUBLE as error:
        raise TestSendRefusedError(f"The mail server did not take it: {_words(error, address)}.") from error
    finally:
        post.close()


def _test_mail(*, composed: Composed, address: str) -> EmailMultiAlternatives:
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
    return content.replace(UNSUBSCRIBE_URL, links.unsubscribe_url(NO_SUBSCRIBER)).replace(
        PREFERENCES_URL, links.preferences_url(NO_SUBSCRIBER)
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
