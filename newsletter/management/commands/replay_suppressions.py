"""`replay_suppressions FILE …`: tells a restored database who has left since its backup was made."""

from argparse import ArgumentParser
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

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

    def handle(self, *, files: list[str], **options: Any) -> None:
        try:
            journal = read_journals([Path(file) for file in files])
        except OSError as error:
            raise CommandError(f"{quoted(error.filename)} can't be read: {error.strerror}.") from None
        for place in journal.unreadable:
            self.stderr.write(f"{place}: not a whole line, left out.")
        done: Counter[str] = Counter()
        words = iter(journal.words.items())
        while batch := dict(islice(words, BATCH_SIZE)):
            done += catch_up(batch)
        self.stdout.write(
            f"{len(journal.words)} mailboxes: {done['unsubscribed']} subscriptions ended, {done['erased']} readers erased, "
            f"{done['suppressed']} suppressed, {done['lifted']} lifted."
        )
