"""Consent: sign-ups, confirmations, suppressions, and the record of what each mailbox agreed to."""

from django.db import models
from django.db.models import Q

from backend.api.ids import new_id
from newsletter.models.subscribers import Subscriber


class Suppression(models.Model):
    """A mailbox that gets no mail. It holds no address and refers to no row, so it outlives erasure and restores."""

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
    """One line of the record of consent: an action, when and by which way. It holds no address and is never changed."""

    class Action(models.TextChoices):
        ASKED = "asked", "Was mailed a confirmation"
        CONFIRMED = "confirmed"
        CHANGED = "changed", "Changed their choices"
        UNSUBSCRIBED = "unsubscribed"
        ERASED = "erased"
        SUPPRESSED = "suppressed"
        LIFTED = "lifted", "Suppression lifted"

    class Source(models.TextChoices):
        PAGE = "page", "Our page"
        API = "api", "The frontend's page"
        ONE_CLICK = "one_click", "One click in a mail program"
        MAIL = "mail", "A mail to the address to unsubscribe"
        PROVIDER = "provider", "Bounce or complaint"
        STAFF = "staff"

    id = models.BigAutoField(primary_key=True)
    address_key = models.BinaryField(max_length=32)
    action = models.CharField(db_column="deed", max_length=16, choices=Action)
    source = models.CharField(max_length=16, choices=Source)
    wording = models.CharField(max_length=16, help_text="Which version of our words the reader saw.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    action__in=[
                        "asked",
                        "confirmed",
                        "changed",
                        "unsubscribed",
                        "erased",
                        "suppressed",
                        "lifted",
                    ]
                ),
                name="consent_deed_is_known",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["page", "api", "one_click", "mail", "provider", "staff"]),
                name="consent_source_is_known",
            ),
        ]
        # One mailbox's record, in order.
        indexes = [models.Index(fields=["address_key", "id"], name="newsletter_consent_of_mailbox")]

    def __str__(self) -> str:
        return f"{self.action} {bytes(self.address_key).hex()[:12]}"


class ConfirmationToken(models.Model):
    """The link of one confirmation mail, hashed, and the preferences that confirming sets; the latest one counts."""

    key = models.BinaryField(primary_key=True, max_length=32)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="confirmation_tokens")
    mailbox_key = models.BinaryField(max_length=32)
    job_id = models.UUIDField(help_text="The sign-up that it answers, which is deleted once the mail is out.")
    choices = models.JSONField()
    replaces = models.ForeignKey(
        Subscriber,
        on_delete=models.SET_NULL,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose subscription ends when this is confirmed: the reader moves to another address.",
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replaces=models.F("subscriber")),
                name="a_confirmation_replaces_another_address",
            )
        ]
        indexes = [
            # Counts what a mailbox was sent lately.
            models.Index(fields=["mailbox_key", "created_at"], name="newsletter_tokens_of_mailbox"),
            models.Index(
                fields=["replaces"], condition=Q(replaces__isnull=False), name="newsletter_tokens_of_moves"
            ),
        ]

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"


class MailJob(models.Model):
    """A sign-up, a wish for links of one's own, or news of a move, that waits for its mail; deleted once that is out.

    `due_at` is also the lease of the worker: it is moved on before each try. The last try is noted as failed before it
    begins, so that no crash makes a job go on for ever.
    """

    class Kind(models.TextChoices):
        SIGN_UP = "sign_up"
        OWNER = "owner", "Link to export and erase"
        MOVED = "moved", "News of another address"
        LINKS = "links", "Fresh links"

    class State(models.TextChoices):
        WAITING = "waiting"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.SIGN_UP, db_default="sign_up")
    address = models.EmailField(max_length=320)
    choices = models.JSONField()
    replaces = models.ForeignKey(
        Subscriber,
        on_delete=models.SET_NULL,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose subscription ends when the sign-up is confirmed.",
    )
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
                condition=Q(source__in=["page", "api", "one_click", "mail", "provider", "staff"]),
                name="mail_job_source_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["sign_up", "owner", "moved", "links"]), name="mail_job_kind_is_known"
            ),
        ]
        indexes = [
            # What is due, the earliest first.
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="newsletter_jobs_due"),
            models.Index(
                fields=["replaces"], condition=Q(replaces__isnull=False), name="newsletter_jobs_of_moves"
            ),
        ]

    def __str__(self) -> str:
        return f"Mail job {self.id}"
