"""`import_suppressions FILE.csv`: mailboxes that must not be mailed, from another tool or a provider."""

from argparse import ArgumentParser

from newsletter.management.commands import import_subscribers
from newsletter.models import Suppression

REASONS = [reason for reason in Suppression.Reason.values if reason != Suppression.Reason.ERASED]


class Command(import_subscribers.Command):
    help = "Suppress the mailboxes of a CSV file, and end their subscriptions. Nobody is subscribed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--reason",
            choices=REASONS,
            default=Suppression.Reason.MANUAL.value,
            help="where no column of the file says it; of all but manual and complaint readers may come back by themselves",
        )
