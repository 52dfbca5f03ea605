"""Permanent refusals, held until they prove to be single; and how an edition fares as a whole."""

from django.db import models

from newsletter.models.deliveries import Delivery
from newsletter.models.editions import Edition


class EditionHealth(models.Model):
    """How many of an edition's latest copies failed; newsletter/deliveries/health.py says how it is counted."""

    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, primary_key=True, related_name="health")
    judged = models.BigIntegerField(
        default=0, db_default=0, help_text="Copies that were accepted or refused."
    )
    failed = models.FloatField(default=0, db_default=0, help_text="Of about the last 200 of them.")
    exhausted = models.IntegerField(default=0, db_default=0, help_text="Copies whose tries are used up.")
    complaints = models.IntegerField(default=0, db_default=0, help_text="Copies whose readers complained.")
    most_failed = models.FloatField(help_text="More pause the edition; twice as many after each resumption.")

    class Meta:
        verbose_name_plural = "edition health"

    def __str__(self) -> str:
        return f"{self.failed:.0f} failed lately"


class Bounce(models.Model):
    """A copy that was refused for good. A hard one suppresses its mailbox, unless many were refused around it."""

    delivery = models.OneToOneField(
        Delivery, on_delete=models.CASCADE, primary_key=True, related_name="bounce"
    )
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="bounces")
    is_hard = models.BooleanField(help_text="The mailbox does not exist.")
    happened_at = models.DateTimeField()
    suppressed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # The few that are held.
        indexes = [
            models.Index(
                fields=["happened_at"],
                condition=models.Q(suppressed_at=None),
                name="newsletter_held_bounces",
            )
        ]

    def __str__(self) -> str:
        return f"{'hard' if self.is_hard else 'soft'} at {self.happened_at:%Y-%m-%d %H:%M}"
