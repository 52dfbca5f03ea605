"""Subscribers of the weekly mail, its editions, what each group of readers gets, and one delivery for each copy."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from backend.api.ids import new_id
from catalog.models import Category
from reviews.models import Reviewer


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


class Suppression(models.Model):
    """A mailbox that gets no mail. It names nobody and hangs on nothing, so it outlives erasure and restores."""

    class Reason(models.TextChoices):
        UNSUBSCRIBE = "unsubscribe"
        ERASED = "erased"
        HARD_BOUNCE = "hard_bounce"
        COMPLAINT = "complaint"
        MANUAL = "manual"

    id = models.BigAutoField(primary_key=True)
    address_key = models.BinaryField(max_length=32, unique=True)
    reason = models.CharField(max_length=16, choices=Reason)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["unsubscribe", "erased", "hard_bounce", "complaint", "manual"]),
                name="suppression_reason_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {bytes(self.address_key).hex()[:12]}"


class Consent(models.Model):
    """One line of the record of who wanted what, when and how. It holds no address, and is never changed."""

    class Deed(models.TextChoices):
        ASKED = "asked", "Was mailed a confirmation"
        CONFIRMED = "confirmed"
        UNSUBSCRIBED = "unsubscribed"
        ERASED = "erased"
        SUPPRESSED = "suppressed"
        LIFTED = "lifted", "Suppression lifted"

    class Source(models.TextChoices):
        PAGE = "page", "Our page"
        API = "api", "The frontend's page"
        ONE_CLICK = "one_click", "One click in a mail program"
        PROVIDER = "provider", "Bounce or complaint"
        STAFF = "staff"

    id = models.BigAutoField(primary_key=True)
    address_key = models.BinaryField(max_length=32)
    deed = models.CharField(max_length=16, choices=Deed)
    source = models.CharField(max_length=16, choices=Source)
    wording = models.CharField(max_length=16, help_text="Which version of our words the reader saw.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    deed__in=["asked", "confirmed", "unsubscribed", "erased", "suppressed", "lifted"]
                ),
                name="consent_deed_is_known",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["page", "api", "one_click", "provider", "staff"]),
                name="consent_source_is_known",
            ),
        ]
        # One mailbox's record, in order.
        indexes = [models.Index(fields=["address_key", "id"], name="newsletter_consent_of_mailbox")]

    def __str__(self) -> str:
        return f"{self.deed} {bytes(self.address_key).hex()[:12]}"


class ConfirmationToken(models.Model):
    """The link of one confirmation mail, hashed, and what confirming it chooses; the latest one counts."""

    key = models.BinaryField(primary_key=True, max_length=32)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="confirmation_tokens")
    mailbox_key = models.BinaryField(max_length=32)
    job_id = models.UUIDField(help_text="The sign-up that it answers, which is deleted once the mail is out.")
    choices = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # How many a mailbox was sent lately.
        indexes = [models.Index(fields=["mailbox_key", "created_at"], name="newsletter_tokens_of_mailbox")]

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"


class MailJob(models.Model):
    """
    A sign-up that waits for its mail, written by the request and deleted once the mail is out.

    `due_at` is also the lease of whoever works on it: it is moved on before each try. A last try is noted as failed
    before it begins, so that no crash makes a job go on for ever.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    address = models.EmailField(max_length=320)
    choices = models.JSONField()
    source = models.CharField(max_length=16, choices=Consent.Source)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "failed"]), name="mail_job_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["page", "api", "one_click", "provider", "staff"]),
                name="mail_job_source_is_known",
            ),
        ]
        # What is due, the earliest first.
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="newsletter_jobs_due")]

    def __str__(self) -> str:
        return f"Mail job {self.id}"


class Edition(models.Model):
    """One ISO week's mail; its content is copied in when sending begins and never changes after that.

    A trigger refuses `done` while a copy is on its way or the copies are not as many as the audience.
    """

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
    due_at = models.DateTimeField(null=True, blank=True, help_text="When sending begins; empty: by schedule.")
    includes_monthly = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The first edition of a month also goes to those who read monthly.",
    )
    resume_at = models.DateTimeField(
        null=True, blank=True, help_text="When a paused edition goes on by itself; empty: when staff say so."
    )
    resumed_at = models.DateTimeField(null=True, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    intro = models.TextField(blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    archive = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="Subject, intro and items of the edition for every topic, as anybody may read them.",
    )
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


class Segment(models.Model):
    """What readers of one edition with the same choices get; `key` is the hash of those choices.

    `item_count` 0 means that there was nothing to tell them, so they get no copy.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="segments")
    key = models.BinaryField(max_length=32)
    choices = models.JSONField()
    subject = models.CharField(max_length=200, blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    item_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="one_segment_per_edition_and_choices"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.item_count})"


class Delivery(models.Model):
    """One edition to one mailbox. The address is kept apart from the subscriber, who may be erased.

    Each index that a copy stands in makes each of its three steps cost more: there are no more than are needed.
    """

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
    # Its unique constraints find a copy by edition and by subscriber; nobody looks for one by its segment.
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
            # Of a million rows these hold only those that still ask for something.
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
            # What staff look at, and what may stop an edition.
            models.Index(
                fields=["edition", "state"],
                condition=Q(state__in=["failed", "uncertain"]),
                name="troubled_deliveries",
            ),
        ]
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


class ProviderEvent(models.Model):
    """What a mail provider told us of a mail after it had it: bounces, complaints and the like, each once.

    It names no address. That a mail arrived is kept only of copies in doubt: of a million others nobody asks.
    """

    class Kind(models.TextChoices):
        TAKEN = "taken", "Taken or delivered"
        DEFERRED = "deferred", "Delayed"
        SOFT_BOUNCE = "soft_bounce"
        HARD_BOUNCE = "hard_bounce"
        COMPLAINT = "complaint"
        UNSUBSCRIBE = "unsubscribe", "Unsubscribed at the provider"
        AUTO_REPLY = "auto_reply"
        REJECTED = "rejected", "Not sent by the provider"

    id = models.BigAutoField(primary_key=True)
    key = models.BinaryField(max_length=32, unique=True, help_text="The same however often it is told.")
    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=16, choices=Kind)
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="provider_events"
    )
    address_key = models.BinaryField(max_length=32, null=True, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "bounces and complaints"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "taken",
                        "deferred",
                        "soft_bounce",
                        "hard_bounce",
                        "complaint",
                        "unsubscribe",
                        "auto_reply",
                        "rejected",
                    ]
                ),
                name="provider_event_kind_is_known",
            ),
        ]
        indexes = [
            # What became of one mailbox.
            models.Index(fields=["address_key"], name="newsletter_events_of_mailbox"),
            # The latest first, as staff read them.
            models.Index(fields=["-happened_at", "-id"], name="newsletter_latest_events"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.provider}"
