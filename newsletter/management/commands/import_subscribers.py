"""`import_subscribers FILE.csv`: brings in the subscribers of another tool, all of them or none."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backend.api.quoting import quoted
from newsletter.readers.subscriber_columns import STATUSES
from newsletter.readers.subscriber_file import BadLine, SubscriberFileError
from newsletter.readers.subscriber_import import SHOWN, ImportReport, import_subscribers

# What became of the lines, in words.
KINDS = {
    "new": "new",
    "subscribed": "subscribed already",
    "left": "left before",
    "suppressed": "suppressed",
    "unwanted": "must not be mailed",
    "unconfirmed": "never confirmed",
    "wanted": "left as they are",
    "repeated": "repeated",
}


class Command(BaseCommand):
    help = "Bring in the subscribers of another tool from a CSV file. Nobody is mailed, and nobody who left comes back."
    requires_system_checks = ("files",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", help="email, confirmed_at, and maybe status, frequency, topics, reviewers"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument(
            "--skip-bad-lines",
            action="store_true",
            help="bring in the others; without it one bad line stops all",
        )
        parser.add_argument(
            "--ignore-column",
            action="append",
            default=[],
            metavar="NAME",
            help="leave out a column that is not understood and says nothing about who wants mail",
        )
        parser.add_argument(
            "--status",
            choices=STATUSES,
            default="",
            help="what all lines are, where the other tool was asked for these alone and the file does not say it",
        )

    def handle(
        self,
        *,
        file: str,
        dry_run: bool,
        skip_bad_lines: bool,
        ignore_column: list[str],
        status: str,
        **options: object,
    ) -> None:
        try:
            report = import_subscribers(
                file=Path(file),
                now=timezone.now(),
                on_bad_line=self._tell_of,
                skips_bad_lines=skip_bad_lines,
                is_dry_run=dry_run,
                unread=ignore_column,
                status=status,
                suppress_as=str(options.get("reason", "")),
            )
        except SubscriberFileError as error:
            raise CommandError(f"line {error.line}: {error.reason}. Nothing was imported.") from None
        except OSError as error:
            raise CommandError(f"{quoted(file)} can't be read: {error.strerror}.") from None
        self._tell(report)
        if dry_run:
            self._show(report)
            self.stdout.write("Dry run: nothing was written.")
        if not (report.is_written or skip_bad_lines) and report.bad:
            raise CommandError(
                "Nothing was imported: mend the bad lines, or leave them out with --skip-bad-lines."
            )

    def _tell_of(self, bad: BadLine) -> None:
        self.stderr.write(f"line {bad.line}: {bad.address} {bad.reason}")

    def _tell(self, report: ImportReport) -> None:
        counts = [f"{report.counts[kind]} {words}" for kind, words in KINDS.items() if kind in report.counts]
        self.stdout.write(f"{report.lines} lines: {', '.join(counts)}, {report.bad} bad.")

    def _show(self, report: ImportReport) -> None:
        """The first lines of each kind, so that somebody can see whether the file was understood."""
        for kind, words in KINDS.items():
            for example in report.examples.get(kind, []):
                self.stdout.write(f"  {words}: line {example.line}, {example.address}")
            if report.counts.get(kind, 0) > SHOWN:
                self.stdout.write(f"  {words}: and {report.counts[kind] - SHOWN} more")
