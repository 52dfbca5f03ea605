"""Sends every mail of ours, over SMTP or through a Django backend, such as a provider's, and says what a failure means.

Which of the two it is follows from Django's settings: EMAIL_BACKEND, and with it EMAIL_URL and MAIL_PROVIDER.
"""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from email.utils import parseaddr
from typing import Any

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import get_connection
from django.utils import timezone

from newsletter.failpoints import reach
from newsletter.transport.failures import DeliveryError, failure_of, malformed, unwritable
from newsletter.transport.messages import Message, is_deliverable
from newsletter.transport.providers import as_smtp
from newsletter.transport.smtp import BrokenError, Connection, Phase, RefusedError, Server

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

# Called once for each mail, as late as the mail can still be kept back. It returns the moment of the monotonic clock until
# which the mail may be finished, and raises what keeps it back.
Permit = Callable[[], float]


def at_any_time() -> float:
    """The permit of a mail that nothing can stop."""
    return math.inf


class Mailer(ABC):
    """Sends one mail after the other; its connection opens when it is needed, and anew after a failure."""

    # Names the server or the provider: a limit that one mailer meets holds for all with the same route.
    route: str
    # Whether the connection had carried no mail before the latest one.
    _was_fresh = True

    def send(self, message: Message, *, permit: Permit = at_any_time) -> str:
        """Hand the mail over, and return what the server or the provider answered.

        Raises DeliveryError, or what `permit` raises; in the latter case the mail was not sent.
        """
        if not is_deliverable(message.recipient.address):
            raise DeliveryError(malformed(message.recipient.address))
        try:
            return self._hand_over(message, permit)
        except (RefusedError, BrokenError) as error:
            raise DeliveryError(failure_of(error, is_fresh=self._was_fresh)) from error

    @abstractmethod
    def _hand_over(self, message: Message, permit: Permit) -> str: ...

    @abstractmethod
    def close(self) -> None: ...


class SmtpMailer(Mailer):
    """It asks for the permit between recipient and content."""

    def __init__(self, server: Server) -> None:
        self.route = str(server)
        self._from = parseaddr(settings.MAIL_FROM)[1]
        self._connection = Connection(server)

    def _hand_over(self, message: Message, permit: Permit) -> str:
        try:
            body = message.template.smtp_bytes(message.recipient, now=timezone.now())
        except ValueError as error:
            raise DeliveryError(unwritable(error)) from error
        self._connection.renew_if_worn()
        self._was_fresh = self._connection.is_fresh
        recipient = message.recipient
        sender = recipient.return_path or self._from
        self._connection.offer(sender=sender, recipient=recipient.address, size=len(body))
        reach("recipient_accepted")
        try:
            until = permit()
        except Exception:
            self._connection.reset()
            raise
        self._connection.open_data()
        reach("data_opened")
        self._connection.send_body(body)
        reach("body_sent")
        if time.monotonic() > until:
            # This process was asleep: by now others may think that the mail is lost.
            self._connection.drop()
            raise BrokenError(Phase.BODY, "Held for too long; not sent.")
        answer = self._connection.finish()
        reach("dot_answered")
        return answer

    def close(self) -> None:
        self._connection.close()


class BackendMailer(Mailer):
    """It asks for the permit before the mail goes to the backend, since a request is all or nothing."""

    def __init__(self, backend: str) -> None:
        """`backend` is the dotted path of one of anymail's backends or of Django's own."""
        self.route = backend.split(".")[-2]
        # Any: anymail has no types.
        self._backend: Any = get_connection(backend)

    def _hand_over(self, message: Message, permit: Permit) -> str:
        mail = message.template.django_mail(message.recipient)
        permit()
        try:
            self._backend.open()
            self._backend.send_messages([mail])
        except AnymailError as error:
            failure = as_smtp(error)
            if isinstance(failure, BrokenError):
                self.close()
            raise failure from error
        except OSError as error:
            self.close()
            raise BrokenError.by(error, Phase.DOT) from error
        reach("dot_answered")
        status = getattr(mail, "anymail_status", None)
        if status is None:
            return ""
        if status.status == {"failed"}:
            raise RefusedError(Phase.DATA, 554, "5.6.0 The provider says that it failed.")
        return f"{self.route} calls it {status.message_id or ''}"

    def close(self) -> None:
        with suppress(OSError):
            self._backend.close()


def edition_mailer() -> Mailer:
    """For copies of an edition: a server may take SENDING_FINAL_SECONDS to answer the final dot."""
    return _mailer(Server.from_settings())


def single_mailer(*, final_seconds: float | None = None) -> Mailer:
    """For mails that something waits for: a server may take EMAIL_TIMEOUT seconds for each answer.

    `final_seconds` for that to the final dot, where it is known whether more can be waited for.
    """
    timeout = settings.EMAIL_TIMEOUT
    server = replace(Server.from_settings(), timeout_seconds=timeout, final_seconds=final_seconds or timeout)
    return _mailer(server)


def _mailer(server: Server) -> Mailer:
    if settings.EMAIL_BACKEND == SMTP_BACKEND:
        return SmtpMailer(server)
    return BackendMailer(settings.EMAIL_BACKEND)
