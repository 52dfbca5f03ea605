"""`export_catalog [FILE]`: writes the whole catalog as a catalog file."""

import io
import os
import secrets
import shutil
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile, gettempdir

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
        target = Path(file).resolve()
        try:
            if file == "-" or (target.exists() and not target.is_file()):
                self._stream(file)
            else:
                _replace(target)
        except CatalogFileError as error:
            raise CommandError(f"Nothing was exported. {error}") from None
        except OSError as error:
            raise CommandError(f"{quoted(file)} can't be written: {error.strerror}.") from None

    def _stream(self, file: str) -> None:
        """Nothing is sent before the whole is there."""
        with ExitStack() as stack:
            try:
                whole = stack.enter_context(TemporaryFile())
                whole.writelines(piece.encode() for piece in export_catalog())
                whole.seek(0)
            except OSError as error:
                raise CommandError(
                    f"{gettempdir()} can't be written: {error.strerror}. TMPDIR names another folder."
                ) from None
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


def _replace(target: Path) -> None:
    """Yesterday's file stays until today's is whole: it is written beside, and takes its place."""
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as new:
            new.writelines(piece.encode() for piece in export_catalog())
            new.flush()
            os.fsync(new.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
