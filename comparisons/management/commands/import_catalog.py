"""`import_catalog FILE`: brings a catalog file into the database, all of it or nothing."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from errno import ENOSPC
from pathlib import Path
from tempfile import gettempdir
from typing import BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from tqdm import tqdm

from backend.api.quoting import quoted
from comparisons.catalog_file.importing import ImportReport, import_catalog
from comparisons.catalog_file.reading import CatalogFileError


class Command(BaseCommand):
    help = "Bring a catalog file into the database, all of it or nothing. Nothing is ever deleted."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file; - reads standard input")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )
        parser.add_argument(
            "--why", default="", help="the reason, which the history of each changed row tells"
        )

    def handle(self, *, file: str, dry_run: bool, why: str, **options: object) -> None:
        try:
            with _opened(file) as source, tqdm(unit="row", leave=False, disable=None) as bar:

                def show(done: int, total: int | None) -> None:
                    bar.total = total
                    bar.update(done)

                report = import_catalog(
                    source=source, now=timezone.now(), why=why, is_dry_run=dry_run, on_progress=show
                )
        except CatalogFileError as error:
            for line in error.lines:
                self.stderr.write(line)
            raise CommandError("Nothing was imported.") from None
        except DatabaseError as error:
            raise CommandError(
                f"Nothing was imported, for the database is busy or away: {str(error).splitlines()[0]}. Run it again."
            ) from error
        self._tell(report)
        if dry_run:
            self.stdout.write("Dry run: nothing was written.")

    def _tell(self, report: ImportReport) -> None:
        for warning in report.warnings:
            self.stdout.write(f"warning: {warning}")
        for change in report.changes:
            self.stdout.write(f"{change.kind} {change.name}: {', '.join(change.fields)}")
        for kind, count in report.counts.items():
            self.stdout.write(
                f"{kind}: {count.created} created, {count.updated} updated, {count.unchanged} unchanged"
            )
        if report.is_empty:
            self.stdout.write("Nothing changed.")


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
            yield stream
    except OSError as error:
        if error.errno == ENOSPC:
            raise CommandError(
                f"{gettempdir()} has no space for what is read: TMPDIR names another folder."
            ) from None
        raise CommandError(f"{quoted(file)} can't be read: {error.strerror}.") from None
