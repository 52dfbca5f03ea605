"""`replay_suppressions FILE …`: applies to a restored database the suppressions since its backup."""

from argparse import ArgumentParser
from collections import Counter
from itertools import islice
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from backend.api.quoting import quoted
from newsletter.readers.consent import catch_up
from newsletter.readers.journal import read_journals

BATCH_SIZE = 1_000


class Command(BaseCommand):
    help = "Have a restored database catch up with a journal of suppressions. Again changes nothing."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="what SUPPRESSION_JOURNAL named")

    def handle(self, *, files: list[str], **options: object) -> None:
        try:
            journal = read_journals([Path(file) for file in files])
        except OSError as error:
            raise CommandError(f"{quoted(error.filename)} can't be read: {error.strerror}.") from None
        for line in journal.unreadable:
            self.stderr.write(f"{line}: not a whole line, left out.")
        done: Counter[str] = Counter()
        final_states = iter(journal.final_states.items())
        while batch := dict(islice(final_states, BATCH_SIZE)):
            done += catch_up(batch)
        self.stdout.write(
            f"{len(journal.final_states)} mailboxes: {done['unsubscribed']} subscriptions ended, "
            f"{done['erased']} readers erased, {done['suppressed']} suppressed, {done['lifted']} lifted."
        )
