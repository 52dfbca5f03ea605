"""`export_catalog [FILE]`: writes the whole catalog as a catalog file."""

import io
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from django.core.management.base import BaseCommand, CommandError

from backend.api.quoting import quoted
from comparisons.catalog_file.export import export_catalog
from comparisons.catalog_file.reading import CatalogFileError


class Command(BaseCommand):
    help = "Write the whole catalog as a catalog file, drafts included."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="the file; without it, or with -, standard output"
        )

    def handle(self, *, file: str, **options: object) -> None:
        # A file of today's is not touched before the new one is whole.
        with TemporaryFile() as whole:
            try:
                for piece in export_catalog():
                    whole.write(piece.encode())
            except CatalogFileError as error:
                raise CommandError(f"Nothing was exported. {error}") from None
            whole.seek(0)
            try:
                self._copy(whole, file)
            except OSError as error:
                raise CommandError(f"{quoted(file)} can't be written: {error.strerror}.") from None

    def _copy(self, whole: IO[bytes], file: str) -> None:
        if file != "-":
            with Path(file).open("wb") as target:
                shutil.copyfileobj(whole, target)
        # The file is the same everywhere, whatever the terminal's encoding and line ends.
        elif isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.flush()
            shutil.copyfileobj(whole, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            self.stdout.write(whole.read().decode(), ending="")
