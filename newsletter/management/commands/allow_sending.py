"""`allow_sending`: says that this database is the one that mails its readers, from this machine."""

from django.core.management.base import BaseCommand, CommandError

from backend.api.quoting import quoted
from newsletter.sending import identity


class Command(BaseCommand):
    help = "Let this database send, where a worker has refused to: after a restore, a failover, or on a copy."
    requires_system_checks = ("files",)

    def handle(self, **options: object) -> None:
        try:
            allowed = identity.allow()
        except OSError as error:
            raise CommandError(
                f"Nothing is allowed: {quoted(str(error.filename))} can't be read or written: {error.strerror}."
            ) from None
        self.stdout.write(allowed.refusal or "There was nothing to allow.")
        if allowed.refusal:
            self.stdout.write("It may send from here now.")
        for week in allowed.paused:
            self.stdout.write(
                f"{week} was under way, and is paused: cancel it, unless its ledger lacks nothing."
            )
        if allowed.journals > 1:
            self.stdout.write(
                f"{allowed.journals} machines keep journals: replay all of them, and run this on each that sends."
            )
