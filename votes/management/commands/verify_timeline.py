"""`verify_timeline`: computes the digest of every day's line and the root of every day anew."""

from django.core.management.base import BaseCommand, CommandError

from votes.models import ClosedDay
from votes.tallies.verification import broken_lines


class Command(BaseCommand):
    help = "Check the lines of all days against their digests, and these against the day's root; 1 where one is broken."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        broken = 0
        for sentence in broken_lines():
            self.stdout.write(sentence)
            broken += 1
        if broken:
            raise CommandError(f"Broken: {broken}.")
        last = ClosedDay.objects.order_by("-day").first()
        told = f" The root of {last.day} is {last.root}." if last else ""
        self.stdout.write(f"Every line and every root is whole.{told}")
