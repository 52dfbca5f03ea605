"""A test send of an edition: one mail to one address, as a reader would get it. It writes nothing to the ledger."""

from datetime import datetime

from backend.admin.errors import CurationError
from backend.api.rate_limits import Limit
from backend.api.throttling import Throttled, throttle
from newsletter.content.composition import Composed
from newsletter.content.rendering import PREFERENCES_URL, UNSUBSCRIBE_URL
from newsletter.readers import links, suppressions
from newsletter.readers.addresses import masked
from newsletter.transport.failures import DeliveryError, DeliveryFailure
from newsletter.transport.mailer import single_mailer
from newsletter.transport.messages import Message, single_message

MARK = "[Test]"
# How much of a server's answer a curator is shown.
MOST_WORDS = 300
# Of each curator.
LIMITS = (Limit("test-mails-60s", 5, 60), Limit("test-mails-86400s", 100, 86_400))


class TestSendRefusedError(CurationError):
    """Why no test mail was sent; its text is for the curator."""


def send_test_mail(*, composed: Composed, address: str, sender: str, now: datetime) -> None:
    """Mail a composed edition to a canonical address, and wait for the server: EMAIL_TIMEOUT seconds a step.

    `sender` names the curator whose LIMITS the mail counts towards. Raises TestSendRefusedError where the mailbox is
    blocked, a limit is used up, or the mail server does not take the mail.
    """
    if suppressions.is_blocked(address):
        raise TestSendRefusedError(
            "This mailbox is blocked, because it reported our mail or because staff blocked it."
        )
    try:
        throttle((sender, LIMITS), now=now)
    except Throttled as throttled:
        limit, wait = throttled.limit, throttled.seconds_left
        raise TestSendRefusedError(
            f"At most {limit.count} tests in {limit.seconds} seconds: try again in {wait}."
        ) from throttled
    mailer = single_mailer()
    try:
        mailer.send(_test_mail(composed=composed, address=address))
    except DeliveryError as error:
        raise TestSendRefusedError(_told(error.failure, address)) from error
    finally:
        mailer.close()


def _test_mail(*, composed: Composed, address: str) -> Message:
    return single_message(
        kind="test",
        address=address,
        subject=f"{MARK} {composed.subject}",
        text=_with_links(composed.text),
        html=_with_links(composed.html),
        unsubscribe_url=links.unsubscribe_url(links.OF_TEST_MAIL),
    )


def _with_links(content: str) -> str:
    return content.replace(UNSUBSCRIBE_URL, links.unsubscribe_url(links.OF_TEST_MAIL)).replace(
        PREFERENCES_URL, links.preferences_url(links.OF_TEST_MAIL)
    )


def _told(failure: DeliveryFailure, address: str) -> str:
    """In the server's words, in which it may quote the address."""
    if failure.is_of_server:
        return f"The mail server cannot be reached, or does not let us in ({failure.summary})."
    words = " ".join(failure.words.split()).replace(address, masked(address))
    return f"The mail server did not take it: {words[:MOST_WORDS]}."
