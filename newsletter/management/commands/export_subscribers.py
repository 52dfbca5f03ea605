"""`export_subscribers > FILE.csv`: the subscribers and those who left, as `import_subscribers` reads them."""

import csv

from django.core.management.base import BaseCommand

from backend.api.formulas import escaped, with_inner_escapes
from newsletter.readers.subscriber_export import COLUMNS, exported_rows


class Command(BaseCommand):
    help = "Print subscribers as CSV. Suppressed mailboxes without a subscriber's row have no address: export_suppressions."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        lines = csv.writer(self.stdout, lineterminator="\n")
        lines.writerow(COLUMNS)
        lines.writerows([with_inner_escapes(escaped(value)) for value in row] for row in exported_rows())
