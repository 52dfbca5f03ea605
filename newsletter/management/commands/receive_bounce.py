"""`receive_bounce < MAIL`: takes one mail to a return address from a mail server's pipe."""

import sys

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from newsletter.deliveries.database import database_now
from newsletter.feedback.bounce_mails import receive
from newsletter.feedback.returned_mail import MOST_OCTETS
from newsletter.sending import identity

# EX_TEMPFAIL of sysexits.h: the mail server keeps the mail, and comes again.
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
            if not identity.may_send():
                raise CommandError("This database may not send, so it takes no bounces.", returncode=LATER)
            receive(raw, now=database_now())
        except DatabaseError as error:
            raise CommandError(f"The database is away: {type(error).__name__}.", returncode=LATER) from None
