"""Subscribers of the weekly mail, its editions, and one delivery for each copy."""

from django.db import models
from django.db.models import Q

from catalog.models import Category, new_id


class Subscriber(models.Model):
    """A person who asked for the mail. `address_key` is an HMAC of the canonical address: one mailbox, one row."""

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
    time_zone = models.CharField(max_length=64, default="UTC")
    topics = models.ManyToManyField(
        Category, blank=True, related_name="+", help_text="None chosen: every topic."
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
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


class Edition(models.Model):
    """One ISO week's mail; its content is copied in when sending begins and never changes after that."""

    class State(models.TextChoices):
        DRAFT = "draft"
        FROZEN = "frozen"
        PREPARING = "preparing"
        SENDING = "sending"
        PAUSED = "paused"
        DONE = "done"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    week = models.CharField(max_length=8, unique=True, help_text="ISO week, such as 2026-W48.")
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    state_reason = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    intro = models.TextField(blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    audience = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many copies there are, once prepared."
    )
    frozen_at = models.DateTimeField(null=True, blank=True)
    prepared_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["draft", "frozen", "preparing", "sending", "paused", "done", "cancelled"]
                ),
                name="edition_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(week__regex=r"^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$"), name="edition_week_is_iso"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"]) | Q(frozen_at__isnull=False),
                name="a_sent_edition_was_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(prepared_at__isnull=False, audience__isnull=False, done_at__isnull=False),
                name="a_done_edition_was_prepared",
            ),
        ]

    def __str__(self) -> str:
        return self.week


class Delivery(models.Model):
    """One edition to one mailbox. The address is kept apart from the subscriber, who may be erased."""

    class State(models.TextChoices):
        PENDING = "pending"
        CLAIMED = "claimed"
        SENDING = "sending"
        ACCEPTED = "accepted"
        DEFERRED = "deferred"
        FAILED = "failed"
        SUPPRESSED = "suppressed"
        CANCELLED = "cancelled"
        UNCERTAIN = "uncertain"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="deliveries")
    subscriber = models.ForeignKey(
        Subscriber, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    address_key = models.BinaryField(max_length=32)
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(
        default=0, help_text="Raised by each claim: a late worker writes nothing."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    code = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "pending",
                        "claimed",
                        "sending",
                        "accepted",
                        "deferred",
                        "failed",
                        "suppressed",
                        "cancelled",
                        "uncertain",
                    ]
                ),
                name="delivery_state_is_known",
            ),
            models.UniqueConstraint(
                fields=["edition", "subscriber"], name="one_delivery_per_edition_and_subscriber"
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
        ]

    def __str__(self) -> str:
        return self.message_id
