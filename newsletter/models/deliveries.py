"""The ledger of deliveries, one row for each copy of an edition, and the rate at which a mail server takes them."""

from typing import TypeAlias

from django.db import models
from django.db.models import Q

from backend.api.ids import new_id
from newsletter.models.editions import Edition, Segment
from newsletter.models.subscribers import Subscriber


class DeliveryState(models.TextChoices):
    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"


class Delivery(models.Model):
    """One edition to one mailbox. The address is kept apart from the subscriber, who may be erased.

    Each index on a copy makes each of its three changes of state cost more, so there are few.
    """

    State: TypeAlias = DeliveryState

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The unique constraints find a copy by edition and by subscriber; no query looks for one by its segment.
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    subscriber = models.ForeignKey(
        Subscriber,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        db_index=False,
    )
    segment = models.ForeignKey(
        Segment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
        db_index=False,
    )
    address = models.EmailField(max_length=320, blank=True, default="", db_default="")
    address_key = models.BinaryField(max_length=32)
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(
        default=0, help_text="Raised by each claim: a late worker writes nothing."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    # Without the CHECK of a positive one, for which adding it would read the whole table.
    lost = models.SmallIntegerField(
        default=0, db_default=0, help_text="How often whoever had claimed it did not come back."
    )
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=200, help_text="It follows from the id.")
    code = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    uncertain_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            # Of a million rows these hold only the few that are not settled.
            # What a worker may claim next.
            models.Index(
                fields=["edition", "next_attempt_at", "id"],
                condition=Q(state__in=["pending", "deferred"]),
                name="waiting_deliveries",
            ),
            # What the reaper takes back; whether an edition still has copies under way.
            models.Index(
                fields=["edition", "lease_until"],
                condition=Q(state__in=["claimed", "sending"]),
                name="held_deliveries",
            ),
            # What staff look at, and what may pause an edition.
            models.Index(
                fields=["edition", "state"],
                condition=Q(state__in=["failed", "uncertain"]),
                name="troubled_deliveries",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="delivery_state_is_known"
            ),
            models.UniqueConstraint(
                fields=["subscriber", "edition"], name="one_delivery_per_subscriber_and_edition"
            ),
            models.UniqueConstraint(
                fields=["edition", "address_key"], name="one_delivery_per_edition_and_mailbox"
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", accepted_at__isnull=False)
                | (~Q(state="accepted") & Q(accepted_at__isnull=True)),
                name="an_accepted_delivery_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["claimed", "sending"]) | Q(lease_until__isnull=False),
                name="a_claimed_delivery_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["pending", "deferred"]) | Q(next_attempt_at__isnull=False),
                name="a_waiting_delivery_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="uncertain") | Q(uncertain_at__isnull=False),
                name="an_uncertain_delivery_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.message_id


class MailRate(models.Model):
    """How fast one SMTP server takes mail from us: a bucket of tokens, whose rate is learned from refusals."""

    server = models.CharField(primary_key=True, max_length=300)
    per_minute = models.FloatField(null=True, blank=True, help_text="Empty: no limit was met yet.")
    tokens = models.FloatField(default=0)
    refilled_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    closed_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.server}: {self.per_minute or 'no limit'}"
