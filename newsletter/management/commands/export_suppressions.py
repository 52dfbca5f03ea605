"""`export_suppressions`: prints all suppressions as lines of a journal, to start a journal or to complete one."""

from django.core.management.base import BaseCommand
from django.db import transaction

from newsletter.models import Suppression
from newsletter.readers.journal import line_of


class Command(BaseCommand):
    help = "Print all suppressions as lines of a journal, for replay_suppressions."
    requires_system_checks = ()

    @transaction.atomic
    def handle(self, **options: object) -> None:
        # In a transaction, because the cursor that reads them bit by bit lives no longer behind a pooler.
        for suppression in Suppression.objects.order_by("id").iterator():
            key, reason = bytes(suppression.address_key), suppression.reason
            self.stdout.write(line_of(at=suppression.created_at, key=key, entry=reason), ending="")
