"""`export_catalog [FILE]`: writes the whole catalog as a catalog file."""

import io
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from backend.api.quoting import quoted
from comparisons.catalog_file.export import export_catalog


class Command(BaseCommand):
    help = "Write the whole catalog as a catalog file, drafts included."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="the file; without it, or with -, standard output"
        )

    def handle(self, *, file: str, **options: object) -> None:
        text = export_catalog()
        if file == "-":
            self._print(text)
            return
        try:
            Path(file).write_bytes(text.encode())
        except OSError as error:
            raise CommandError(f"{quoted(file)} can't be written: {error.strerror}.") from None

    def _print(self, text: str) -> None:
        # The file is the same everywhere, whatever the terminal's encoding and line ends.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        self.stdout.write(text, ending="")
