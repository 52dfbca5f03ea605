"""Editions of the weekly mail, and their segments: the content for readers who made the same choices."""

from datetime import date

from django.db import models
from django.db.models import Q

from backend.api.ids import new_id

# Weeks W53 that the calendar has. 28 December is always in the last week of its year.
LAST_WEEKS = [f"{year}-W53" for year in range(2000, 2200) if date(year, 12, 28).isocalendar().week == 53]


class EditionQuerySet(models.QuerySet["Edition"]):
    def weekly(self) -> "EditionQuerySet":
        return self.filter(week__contains="W")

    def daily(self) -> "EditionQuerySet":
        return self.exclude(week__contains="W")


class Edition(models.Model):
    """One ISO week's mail, or a day's mail of new comparisons to readers who asked for each.

    Its content is copied in when sending begins and never changes after that.

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

    class Repeat(models.TextChoices):
        """What follows where a journal says that the week was mailed and the ledger knows nothing of it."""

        NO = ""
        HELD = "held", "Held until staff decide"
        ALLOWED = "allowed", "Allowed by staff"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    week = models.CharField(
        max_length=10,
        unique=True,
        help_text="ISO week, such as 2026-W48; of a day's mail the day, such as 2026-11-28.",
    )
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    state_reason = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="When sending begins; empty: by schedule.")
    includes_monthly = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The first edition of a month also goes to those who read monthly.",
    )
    repeat = models.CharField(
        max_length=8,
        choices=Repeat,
        blank=True,
        default=Repeat.NO,
        db_default="",
        help_text="Whether a draft is held because a journal says that its week was mailed.",
    )
    resume_at = models.DateTimeField(
        null=True, blank=True, help_text="When a paused edition goes on by itself; empty: when staff say so."
    )
    resumed_at = models.DateTimeField(null=True, blank=True)
    retried_at = models.DateTimeField(
        null=True, blank=True, help_text="When copies that were settled last came to wait again."
    )
    subject = models.CharField(max_length=200, blank=True)
    intro = models.TextField(blank=True)
    editor = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="Who signs the intro, by name."
    )
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    archive = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="Subject, intro, its editor and items of the edition for every topic, as anybody may read them.",
    )
    audience = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many copies there are, once prepared."
    )
    frozen_at = models.DateTimeField(null=True, blank=True)
    prepared_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    addresses_erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the addresses were taken out of its copies."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = EditionQuerySet.as_manager()

    class Meta:
        permissions = [("send_edition", "Can send, pause and cancel editions")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["draft", "frozen", "preparing", "sending", "paused", "done", "cancelled"]
                ),
                name="edition_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(week__regex=r"^2[01]\d\d-W(0[1-9]|[1-4]\d|5[0-2])$")
                | Q(week__in=LAST_WEEKS)
                | Q(week__regex=r"^2[01]\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"),
                name="edition_week_is_in_the_calendar",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"]) | Q(frozen_at__isnull=False),
                name="a_sent_edition_was_frozen",
            ),
            models.CheckConstraint(
                condition=Q(repeat__in=["", "held", "allowed"]), name="edition_repeat_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"]) | ~Q(repeat="held"),
                name="a_held_edition_is_not_begun",
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(prepared_at__isnull=False, audience__isnull=False, done_at__isnull=False),
                name="a_done_edition_was_prepared",
            ),
        ]

    def __str__(self) -> str:
        return self.week

    @property
    def is_daily(self) -> bool:
        """Whether it is a day's mail, to those who asked for each new comparison."""
        return "W" not in self.week


class Segment(models.Model):
    """The content for the readers of one edition with the same choices; `key` is the hash of those choices.

    With an `item_count` of 0 the readers get no copy.
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
