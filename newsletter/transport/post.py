"""Mails that are no copies of an edition, one after the other: signed, through the mail server or the provider."""

import smtplib
from contextlib import suppress
from typing import Any

from anymail.exceptions import AnymailError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone

from newsletter.transport.dkim import sign_message
from newsletter.transport.providers import failure_of
from newsletter.transport.smtp import BrokenError, Phase, RefusedError, open_soon

# What goes wrong over SMTP, and with a provider.
TROUBLE = (OSError, smtplib.SMTPException, RefusedError, BrokenError)
# The mail server or the provider said no. After anything else it may have taken the mail.
REFUSED = (
    *(smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError),
    RefusedError,
)


class NoMailServerError(Exception):
    """It cannot be reached, or does not let us in: nothing was sent, and nothing else can be."""


class SignedMail(EmailMultiAlternatives):
    """Signed as it leaves, where a key is set."""

    def message(self, **options: Any) -> Any:
        message = super().message(**options)
        sign_message(message, now=timezone.now())
        return message


class Post:
    """One connection for many mails; after any trouble the next mail gets a new one."""

    def __init__(self) -> None:
        self._connection: Any = None

    def send(self, mail: EmailMultiAlternatives) -> None:
        """Raises NoMailServerError, or any of TROUBLE."""
        if self._connection is None:
            self._open()
        try:
            self._connection.send_messages([mail])
        except AnymailError as error:
            self.close()
            raise _trouble_of(error) from error
        except (OSError, smtplib.SMTPException):
            self.close()
            raise

    def _open(self) -> None:
        try:
            self._connection = open_soon(_opened)
        except (OSError, smtplib.SMTPException) as error:
            raise NoMailServerError(type(error).__name__) from error

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            if self._connection is not None:
                self._connection.close()
        self._connection = None


def _opened() -> Any:
    connection = get_connection()
    connection.open()
    return connection


def _trouble_of(error: AnymailError) -> NoMailServerError | RefusedError | BrokenError:
    failure = failure_of(error)
    if failure.phase > Phase.LOGIN:
        return failure
    code = f" {failure.code}" if isinstance(failure, RefusedError) else ""
    return NoMailServerError(f"{failure.phase.name}{code}")
