"""`replay_suppressions FILE …`: applies to a restored database what happened since its backup.

Journals of suppressions say who left or confirmed, those of mailings beside them which weeks were mailed.
"""

from argparse import ArgumentParser
from collections import Counter
from itertools import islice
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from backend.api.quoting import quoted
from newsletter.readers.catch_up import catch_up
from newsletter.readers.journal import read_journals
from newsletter.sending import editions
from newsletter.sending.mailings import SUFFIX, read_mailings

BATCH_SIZE = 1_000


class Command(BaseCommand):
    help = "Have a restored database catch up with journals. Doing it again changes nothing."
    requires_system_checks = ("files",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="what SUPPRESSION_JOURNAL named")

    def handle(self, *, files: list[str], **options: object) -> None:
        try:
            paths = _with_mailings([Path(file) for file in files])
            mailings = read_mailings([path for path in paths if path.name.endswith(SUFFIX)])
            journal = read_journals([path for path in paths if not path.name.endswith(SUFFIX)])
        except OSError as error:
            raise CommandError(f"{quoted(error.filename)} can't be read: {error.strerror}.") from None
        for line in (*journal.unreadable, *mailings.unreadable):
            self.stderr.write(f"{line}: not a whole line, left out.")
        done: Counter[str] = Counter()
        final_states = iter(journal.final_states.items())
        while batch := dict(islice(final_states, BATCH_SIZE)):
            done += catch_up(batch)
        self.stdout.write(
            f"{len(journal.final_states)} mailboxes: {done['unsubscribed']} subscriptions ended, "
            f"{done['erased']} readers erased, {done['suppressed']} suppressed, {done['lifted']} lifted, "
            f"{done['confirmed']} confirmed."
        )
        if done["lost"]:
            self.stdout.write(
                f"{done['lost']} confirmed since and are not in this backup: they must sign up again."
            )
        for week, mailing in sorted(mailings.weeks.items()):
            if editions.hold(week=week, mailing=mailing):
                self.stdout.write(
                    f"{week} was {mailing}: it waits for staff, who send it again or cancel it."
                )


def _with_mailings(paths: list[Path]) -> list[Path]:
    """Each journal, and that of mailings beside it where there is one; nobody may have left before the first mail."""
    found: dict[Path, None] = {}
    for path in paths:
        beside = path.with_name(path.name + SUFFIX)
        if path.exists() or not beside.exists():
            found[path] = None
        if beside.exists():
            found[beside] = None
    return list(found)
