"""`reconcile_tallies`: recounts all votes and picks now, mends what differs, and says so."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from votes.tallies.recount import reconcile_tallies


class Command(BaseCommand):
    help = "Recount all votes and picks. Each tally that differs is mended and reported; then the exit code is 1."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        drifts = reconcile_tallies(now=timezone.now())
        for drift in drifts:
            target = " and ".join(str(id_) for id_ in (drift.tool_id, drift.other_tool_id) if id_)
            self.stdout.write(f"{target}: {drift}")
        if drifts:
            raise CommandError(
                f"Tallies that differed and were mended: {len(drifts)}. The admin has an alert of each."
            )
        self.stdout.write("Every tally is what its votes add up to.")
