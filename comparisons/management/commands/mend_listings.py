"""`mend_listings`: makes every row of the lists what it should be, and says how many were not."""

from django.core.management.base import BaseCommand, CommandError

from comparisons.listings import mend_listings


class Command(BaseCommand):
    help = "Make the rows that lists look into anew. Those that differ are mended; then the exit code is 1."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        if mended := mend_listings():
            raise CommandError(f"Rows of lists that differed and were mended: {mended}.")
        self.stdout.write("Every row of the lists is what it should be.")
