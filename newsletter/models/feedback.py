"""What mail providers report about a mail after they accepted it."""

from typing import TypeAlias

from django.db import models
from django.db.models import Q

from newsletter.models.deliveries import Delivery


class ProviderEventKind(models.TextChoices):
    TAKEN = "taken", "Taken or delivered"
    DEFERRED = "deferred", "Delayed"
    SOFT_BOUNCE = "soft_bounce"
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe", "Unsubscribed at the provider"
    AUTO_REPLY = "auto_reply"
    REJECTED = "rejected", "Not sent by the provider"


class ProviderEvent(models.Model):
    """A mail provider's report on a mail that it took: bounces, complaints and the like, each once.

    It holds no address. That a mail arrived is kept only for uncertain copies.
    """

    Kind: TypeAlias = ProviderEventKind

    id = models.BigAutoField(primary_key=True)
    key = models.BinaryField(max_length=32, unique=True, help_text="The same however often it is told.")
    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=16, choices=Kind)
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="provider_events"
    )
    address_key = models.BinaryField(max_length=32, null=True, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    suppresses_as = models.CharField(
        max_length=16, blank=True, db_default="", help_text="Why the mailbox gets no more mail, if it is so."
    )
    is_applied = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether it has done what it does; the clock sees to the rest.",
    )
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "bounces and complaints"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ProviderEventKind.values), name="provider_event_kind_is_known"
            ),
        ]
        indexes = [
            # The events of one mailbox.
            models.Index(fields=["address_key"], name="newsletter_events_of_mailbox"),
            # The few that the clock has to look at.
            models.Index(fields=["id"], condition=Q(is_applied=False), name="newsletter_events_waiting"),
            # The latest first, as staff read them.
            models.Index(fields=["-happened_at", "-id"], name="newsletter_latest_events"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.provider}"
