"""The voices of the panel, and how their reviews stand beside those of the others."""

from django.db import models
from django.db.models import F, Q

from backend.api.ids import new_id
from catalog.models import slug_constraint, validate_slug
from catalog.validators import HAS_A_NAME, is_visible, validate_name, validate_visible_text
from reviews.calibration import is_rubber_stamp
from reviews.querysets import ReviewerQuerySet


class Reviewer(models.Model):
    """A voice of the panel. `lens` is what it looks for; `motto` is how it sums itself up."""

    class Kind(models.TextChoices):
        HUMAN = "human"
        PERSONA = "persona"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=255, unique=True, validators=[validate_slug])
    name = models.CharField(max_length=100, validators=[validate_visible_text, validate_name])
    # Of a reviewer about whom nothing is said, the lesser claim.
    kind = models.CharField(
        max_length=16,
        choices=Kind,
        default=Kind.PERSONA,
        db_default=Kind.PERSONA,
        help_text="A person who signs with their name, or a persona: a point of view that others write for.",
    )
    lens = models.CharField(max_length=300, blank=True, validators=[validate_visible_text])
    motto = models.CharField(max_length=300, blank=True, validators=[validate_visible_text])
    position = models.PositiveSmallIntegerField(
        default=0, help_text="The place in the roster; scorecards follow it."
    )
    is_active = models.BooleanField(
        default=True, help_text="Whether this reviewer still reviews; earlier reviews stay."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReviewerQuerySet.as_manager()

    class Meta:
        constraints = [
            slug_constraint("reviewer_slug_is_plain"),
            models.CheckConstraint(
                condition=is_visible("name", "lens", "motto"), name="reviewer_text_is_visible"
            ),
            models.CheckConstraint(condition=HAS_A_NAME, name="a_reviewer_has_a_name"),
            models.CheckConstraint(condition=Q(kind__in=["human", "persona"]), name="reviewer_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Calibration(models.Model):
    """How a reviewer's published reviews stand beside all others: what a worker last found, rewritten where it changed.

    Agreement is counted where at least two others reviewed the tool and do not tie, and where the crowd's bounds decide.
    """

    # PostgreSQL deletes it with its reviewer: old code that still runs does not know of it.
    reviewer = models.OneToOneField(
        Reviewer,
        primary_key=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="calibration",
    )
    ship = models.PositiveIntegerField(default=0, db_default=0)
    total = models.PositiveIntegerField(default=0, db_default=0)
    tools = models.PositiveIntegerField(default=0, db_default=0, help_text="How many tools are published.")
    panel_agrees = models.PositiveIntegerField(default=0, db_default=0)
    panel_total = models.PositiveIntegerField(default=0, db_default=0)
    crowd_agrees = models.PositiveIntegerField(default=0, db_default=0)
    crowd_total = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ship__lte=F("total"))
                & Q(panel_agrees__lte=F("panel_total"))
                & Q(crowd_agrees__lte=F("crowd_total")),
                name="a_calibration_counts_parts_of_wholes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ship} of {self.total} ship"

    @property
    def is_rubber_stamp(self) -> bool:
        return is_rubber_stamp(ship=self.ship, total=self.total)
