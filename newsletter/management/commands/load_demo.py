"""`load_demo`: content for a first look, into a database that has no catalog yet."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from backend.admin.first_page import count_blocks
from backend.api.quoting import quoted
from comparisons.catalog_file.demo.loader import load_demo
from comparisons.catalog_file.reading import CatalogFileError
from newsletter.demo import load_demo_edition


class Command(BaseCommand):
    help = (
        "Load tools, reviews, pairs and votes for a first look. Where there is a catalog, nothing is touched."
    )
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        try:
            with transaction.atomic():
                now = timezone.now()
                report = load_demo(now=now)
                if report:
                    load_demo_edition(now=now)
        except CatalogFileError as error:
            for line in error.lines:
                self.stderr.write(line)
            raise CommandError("The demo was not loaded.") from None
        except OSError as error:
            raise CommandError(
                f"The demo was not loaded: {quoted(error.filename)} can't be read: {error.strerror}."
            ) from None
        if report:
            count_blocks(now=now)
        if report is None:
            self.stdout.write("There is a catalog already: nothing changed.")
        else:
            self.stdout.write(
                f"Demo loaded: {report.tools} tools, {report.comparisons} comparisons, "
                f"{report.votes} votes, {report.picks} picks."
            )
