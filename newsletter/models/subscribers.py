"""Subscribers: readers who asked for the weekly mail, and their choices."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from backend.api.ids import new_id
from catalog.models import Category
from reviews.models import Reviewer


class Subscriber(models.Model):
    """A person who asked for the mail. `address_key` is an HMAC of the canonical address: one mailbox, one row.

    Triggers keep `gets_every_topic` and `topics` apart: a topic that is added ends the former, which ends all topics.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting for confirmation"
        ACTIVE = "active"
        UNSUBSCRIBED = "unsubscribed"

    class Frequency(models.TextChoices):
        WEEKLY = "weekly"
        MONTHLY = "monthly"
        EACH_COMPARISON = "each_comparison", "Each new comparison"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    address = models.EmailField(max_length=320)
    address_key = models.BinaryField(max_length=32, unique=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    frequency = models.CharField(max_length=16, choices=Frequency, default=Frequency.WEEKLY)
    gets_every_topic = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Without it, only the topics chosen; where these are gone, none.",
    )
    topics = models.ManyToManyField(Category, blank=True, related_name="+")
    reviewers = models.ManyToManyField(
        Reviewer, blank=True, related_name="+", help_text="Whose reviews the reader follows."
    )
    reminded_at = models.DateTimeField(
        null=True, blank=True, help_text="When the reader was last told of being subscribed already."
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        permissions = [("see_address", "Can see whole addresses")]
        indexes = [
            # Whether a day's mail has readers, and which.
            models.Index(
                fields=["id"],
                condition=Q(status="active", frequency="each_comparison"),
                name="newsletter_daily_readers",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "active", "unsubscribed"]),
                name="subscriber_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(frequency__in=["weekly", "monthly", "each_comparison"]),
                name="subscriber_frequency_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="active") | Q(confirmed_at__isnull=False),
                name="an_active_subscriber_has_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(status="unsubscribed") | Q(unsubscribed_at__isnull=False),
                name="an_unsubscribed_subscriber_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Subscriber {self.id}"

    @property
    def last_mailed_at(self) -> datetime | None:
        """When an edition last went out. One query."""
        latest: datetime | None = self.deliveries.aggregate(at=models.Max("accepted_at"))["at"]
        return latest
