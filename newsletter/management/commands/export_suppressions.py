"""`export_suppressions`: prints all suppressions as lines of a journal, to start a journal or to complete one."""

from django.core.management.base import BaseCommand

from newsletter.models import Suppression
from newsletter.readers.journal import line_of


class Command(BaseCommand):
    help = "Print all suppressions as lines of a journal, for replay_suppressions."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        for suppression in Suppression.objects.order_by("id").iterator():
            key, reason = bytes(suppression.address_key), suppression.reason
            self.stdout.write(line_of(at=suppression.created_at, key=key, entry=reason), ending="")
