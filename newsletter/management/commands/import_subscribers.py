"""`import_subscribers FILE.csv`: brings in the subscribers of another tool, all of them or none."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backend.api.quoting import quoted
from newsletter.readers.subscriber_file import BadLine, SubscriberFileError
from newsletter.readers.subscriber_import import ImportReport, import_subscribers


class Command(BaseCommand):
    help = "Bring in the subscribers of another tool from a CSV file. Nobody is mailed, and nobody who left comes back."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="email, confirmed_at, and maybe frequency, topics, reviewers")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument(
            "--skip-bad-lines",
            action="store_true",
            help="bring in the others; without it one bad line stops all",
        )

    def handle(self, *, file: str, dry_run: bool, skip_bad_lines: bool, **options: object) -> None:
        try:
            report = import_subscribers(
                file=Path(file),
                now=timezone.now(),
                on_bad_line=self._tell_of,
                skips_bad_lines=skip_bad_lines,
                is_dry_run=dry_run,
            )
        except SubscriberFileError as error:
            raise CommandError(f"line {error.line}: {error.reason}. Nothing was imported.") from None
        except OSError as error:
            raise CommandError(f"{quoted(file)} can't be read: {error.strerror}.") from None
        self._tell(report)
        if dry_run:
            self.stdout.write("Dry run: nothing was written.")
        if not (report.is_written or skip_bad_lines) and report.bad:
            raise CommandError(
                "Nothing was imported: mend the bad lines, or leave them out with --skip-bad-lines."
            )

    def _tell_of(self, bad: BadLine) -> None:
        self.stderr.write(f"line {bad.line}: {bad.address} {bad.reason}")

    def _tell(self, report: ImportReport) -> None:
        self.stdout.write(
            f"{report.lines} lines: {report.added} new, {report.subscribed} subscribed already, {report.left} left before, "
            f"{report.suppressed} suppressed, {report.repeated} repeated, {report.bad} bad."
        )
