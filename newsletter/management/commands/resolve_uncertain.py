"""`resolve_uncertain`: settles uncertain copies that the mail server's log shows as accepted."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from django.core.management.base import BaseCommand, CommandError

from newsletter.deliveries import resolution
from newsletter.feedback.mail_log import mails_taken


class Command(BaseCommand):
    help = (
        "Read a log in the manner of Postfix, and take those copies as sent that the server had. "
        "Of a copy that is not in it nothing is concluded."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("log", nargs="?", default="-", help="a file, or - for standard input")

    def handle(self, log: str, **options: object) -> None:
        uncertain = resolution.uncertain_message_ids()
        try:
            with _opened(log) as lines:
                taken = mails_taken(lines, uncertain)
        except OSError as error:
            raise CommandError(f"{log!r} can't be read: {error.strerror}.") from None
        sent = resolution.resolve(taken, sent=True, source="the mail server's log")
        self.stdout.write(
            f"{len(uncertain)} uncertain: {sent} sent, {len(uncertain) - sent} not in the log, "
            "which stay as they are."
        )


@contextmanager
def _opened(log: str) -> Iterator[TextIO]:
    # What others put into a log may be in any encoding.
    if log == "-":
        with open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False) as lines:
            yield lines
    else:
        with Path(log).open(encoding="utf-8", errors="replace") as lines:
            yield lines
