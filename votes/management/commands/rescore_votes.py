"""`rescore_votes`: what today's rules would have held of the votes that count."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from votes.rules import RULESET
from votes.tallies.hindsight import screen_again


class Command(BaseCommand):
    help = "Say what today's rules would have held of the votes that count. Changes nothing."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="How far to look back (default: 30).")

    def handle(self, *, days: int, **options: object) -> None:
        waiting = 0
        for found in screen_again(since=timezone.now() - timedelta(days=days)):
            self.stdout.write(f"{found}")
            waiting += found.waiting
        self.stdout.write(
            f"Under ruleset {RULESET}, {waiting} of the last {days} days' votes would have waited."
        )
