"""`receive_bounce < MAIL`: takes one mail to a return address from a mail server's pipe."""

import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from newsletter.deliveries.database import database_now
from newsletter.feedback.bounce_mails import receive
from newsletter.feedback.returned_mail import MOST_OCTETS
from newsletter.sending import identity

# EX_TEMPFAIL of sysexits.h: the mail server keeps the mail, and comes again. With another code a bounce is lost, since it
# has no sender to go back to; so manage.py ends with this one whatever goes wrong.
LATER = 75
CHUNK = 1_048_576


class Command(BaseCommand):
    help = "Take a bounce, a complaint or a mail to the unsubscribe address from standard input."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        raw = sys.stdin.buffer.read(MOST_OCTETS)
        # A mail server whose pipe closes early takes the mail for refused.
        while sys.stdin.buffer.read(CHUNK):
            pass
        try:
            self._receive(raw)
        except DatabaseError as error:
            raise CommandError(f"The database is away: {type(error).__name__}.", returncode=LATER) from None

    def _receive(self, raw: bytes) -> None:
        if not (settings.BOUNCE_ADDRESS or settings.UNSUBSCRIBE_ADDRESS):
            raise CommandError(
                "Neither BOUNCE_ADDRESS nor UNSUBSCRIBE_ADDRESS is set here, so no mail is known as an answer to ours. "
                "Give this command the environment of the other processes.",
                returncode=LATER,
            )
        if not identity.may_send():
            raise CommandError("This database may not send, so it takes no bounces.", returncode=LATER)
        receive(raw, now=database_now())
