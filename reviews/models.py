"""Reviewers (people and personas), their reviews of tools, their answers to pairs, and the panel's count of each tool."""

from datetime import datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import NullIf
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone

from backend.api.ids import new_id
from catalog.models import Tool, slug_constraint, validate_slug
from catalog.pairs import by_slug
from catalog.validators import (
    HAS_A_NAME,
    is_past_day,
    is_visible,
    validate_name,
    validate_past_day,
    validate_visible_text,
    validate_web_address,
)
from catalog.workflow import UNPUBLISHED
from reviews.calibration import is_rubber_stamp
from reviews.panel import MIXED_FROM, SHIP_FROM, PanelCount
from reviews.querysets import HeadToHeadQuerySet, ReviewerQuerySet, ReviewQuerySet


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


class Opinion(models.Model):
    """What a reviewer says in public, on what basis, and with which ties: a review, or a head-to-head.

    It is drafted, reviewed, published, corrected and retracted. The database raises `revision` and keeps both times.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        IN_REVIEW = "in_review", "In review"
        PUBLISHED = "published"
        RETRACTED = "retracted"

    class Basis(models.TextChoices):
        TESTED = "tested"
        READ = "read"
        SYNTHETIC = "synthetic"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    quote = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(5_000), validate_visible_text],
        help_text="In the reviewer's words; empty where there are none to quote.",
    )
    # The database's default is for rows that know nothing of a basis: they claim none.
    basis = models.CharField(
        max_length=16,
        choices=Basis,
        null=True,
        blank=True,
        default=None,
        db_default=Basis.SYNTHETIC,
        help_text="Tested: the reviewer used the tool. Read: from public documents, which the evidence names. "
        "Synthetic: neither. Only a draft can leave it open.",
    )
    disclosure = models.CharField(
        max_length=500,
        blank=True,
        validators=[validate_visible_text],
        default="",
        db_default="",
        help_text="The reviewer's ties to the tool's maker: work, money, gifts. Empty: none declared.",
    )
    evidence = ArrayField(
        models.URLField(max_length=500, validators=[validate_web_address]), default=list, blank=True, size=20
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    revision = models.PositiveIntegerField(
        default=1, help_text="Raised by the database with each correction of what readers saw."
    )
    # Kept by the database: what readers are told of the latest correction, when they could first read it, and when what
    # they read was last changed.
    correction_note = models.CharField(max_length=500, blank=True, default="", db_default="", editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    corrected_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        self.refuse_way_back()
        self.refuse_missing_evidence()

    def refuse_missing_evidence(self) -> None:
        """Raises a ValidationError where the database would refuse: what is said from documents names them."""
        if self.status == self.Status.PUBLISHED and self.basis == self.Basis.READ and not self.evidence:
            raise ValidationError({"evidence": "Name the documents that were read, or choose another basis."})

    @property
    def readable_at(self) -> datetime | None:
        """When readers can first read it; None of what is unpublished, or waits for its tools."""
        return self.published_at

    @property
    def was_public(self) -> bool:
        """Whether readers have seen it, also where it is retracted by now."""
        return self.published_at is not None and self.published_at <= timezone.now()

    def refuse_way_back(self) -> None:
        """Raises a ValidationError where the database would refuse: what readers have seen is corrected or retracted."""
        if self.was_public and self.status == self.Status.DRAFT:
            raise ValidationError({"status": "What was public is no draft again: retract it."})


def _opinion_constraints(name: str, *, day: str) -> list[models.CheckConstraint]:
    """What holds of every opinion; `name` is what the constraints call it, `day` the column of its day."""
    return [
        models.CheckConstraint(
            condition=Q(status__in=["draft", "in_review", "published", "retracted"]),
            name=f"{name}_status_is_known",
        ),
        models.CheckConstraint(condition=Q(revision__gte=1), name=f"a_{name}_has_a_revision"),
        models.CheckConstraint(condition=is_visible("quote"), name=f"{name}_text_is_visible"),
        models.CheckConstraint(
            condition=Q(basis__in=["tested", "read", "synthetic"]), name=f"{name}_basis_is_known"
        ),
        models.CheckConstraint(
            condition=Q(status__in=UNPUBLISHED) | Q(basis__isnull=False),
            name=f"a_public_{name}_has_a_basis",
        ),
        models.CheckConstraint(condition=is_visible("disclosure"), name=f"{name}_disclosure_is_visible"),
        models.CheckConstraint(
            condition=~Q(status="published") | ~Q(basis="read") | Q(evidence__len__gte=1),
            name=f"a_{name}_names_what_was_read",
        ),
        models.CheckConstraint(condition=is_past_day(day), name=f"a_{name}_has_a_day_from_2000_on"),
    ]


class Review(Opinion):
    """What one reviewer says of one tool."""

    class Verdict(models.TextChoices):
        SHIP = "ship"
        SKIP = "skip"

    reviewer = models.ForeignKey(Reviewer, on_delete=models.PROTECT, related_name="reviews")
    tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=8, choices=Verdict)
    reviewed_on = models.DateField(null=True, blank=True, validators=[validate_past_day])

    objects = ReviewQuerySet.as_manager()

    class Meta:
        permissions = [("publish_review", "Can publish and retract reviews")]
        indexes = [
            # What becomes public next by the clock.
            models.Index(fields=["published_at"], condition=Q(status="published"), name="reviews_by_moment"),
            # What curators still work on.
            models.Index(fields=["status"], condition=~Q(status="published"), name="reviews_that_wait"),
            # The list of reviews, and that of one reviewer.
            models.Index(
                fields=["created_at", "id"], condition=Q(status="published"), name="reviews_by_creation"
            ),
            models.Index(
                fields=["reviewer", "created_at", "id"],
                condition=Q(status="published"),
                name="reviews_by_reviewer",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["reviewer", "tool"],
                condition=Q(status="published"),
                name="one_live_review_per_reviewer_and_tool",
                violation_error_message=(
                    "This reviewer has a live review of the tool already: correct or retract it."
                ),
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["ship", "skip"]), name="a_review_says_ship_or_skip"
            ),
            *_opinion_constraints("review", day="reviewed_on"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer.name} on {self.tool.name}: {self.verdict}"


class ReviewRevision(models.Model):
    """What a review said to readers until it was corrected or retracted. Written by the database, and never changed."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    reviewer = models.ForeignKey(Reviewer, on_delete=models.PROTECT, related_name="+", db_index=False)
    tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+", db_index=False)
    verdict = models.CharField(max_length=8, choices=Review.Verdict)
    quote = models.TextField(blank=True)
    basis = models.CharField(max_length=16, db_default=Review.Basis.SYNTHETIC)
    disclosure = models.CharField(max_length=500, blank=True, db_default="")
    evidence = ArrayField(models.URLField(max_length=500))
    reviewed_on = models.DateField(null=True)
    note = models.CharField(max_length=500, blank=True, db_default="")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [
            # It begins with the review, and so serves for its index too.
            models.UniqueConstraint(
                fields=["review", "number"], name="revisions_are_numbered_without_repeats"
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["ship", "skip"]), name="a_revision_says_ship_or_skip"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review}, revision {self.number}"


class HeadToHead(Opinion):
    """Which of two tools one reviewer would ship with; `choice` is empty where it makes no difference to them.

    The pair is kept in the order of the tools' ids, which never change, and a head-to-head stays with its reviewer and
    pair: the database sees to both.
    """

    reviewer = models.ForeignKey(Reviewer, on_delete=models.PROTECT, related_name="head_to_heads")
    first_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+", db_index=False)
    second_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+")
    choice = models.ForeignKey(
        Tool,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text="One of the two; empty: to this reviewer it makes no difference.",
    )
    compared_on = models.DateField(null=True, blank=True, validators=[validate_past_day])

    objects = HeadToHeadQuerySet.as_manager()

    class Meta:
        permissions = [("publish_headtohead", "Can publish and retract head-to-heads")]
        verbose_name = "head-to-head"
        indexes = [
            # Those of a pair, and those of a tool where it stands first.
            models.Index(fields=["first_tool", "second_tool"], name="head_to_heads_by_pair"),
            # What curators still work on.
            models.Index(fields=["status"], condition=~Q(status="published"), name="head_to_heads_that_wait"),
            # Their list, and the latest of a reviewer.
            models.Index(
                fields=["created_at", "id"], condition=Q(status="published"), name="head_to_heads_by_creation"
            ),
            models.Index(
                fields=["reviewer", "published_at", "id"],
                condition=Q(status="published"),
                name="head_to_heads_by_reviewer",
            ),
            # What becomes public next by the clock.
            models.Index(
                fields=["published_at"], condition=Q(status="published"), name="head_to_heads_by_moment"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["reviewer", "first_tool", "second_tool"],
                condition=Q(status="published"),
                name="one_live_head_to_head_per_reviewer_and_pair",
                violation_error_message=(
                    "This reviewer has a live head-to-head on the pair already: correct or retract it."
                ),
            ),
            models.CheckConstraint(
                condition=Q(first_tool__lt=F("second_tool")), name="a_head_to_head_has_two_tools_in_order"
            ),
            models.CheckConstraint(
                condition=Q(choice=None) | Q(choice=F("first_tool")) | Q(choice=F("second_tool")),
                name="a_head_to_head_chooses_one_of_its_pair",
            ),
            *_opinion_constraints("head_to_head", day="compared_on"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer.name} on {self.first_tool.name} and {self.second_tool.name}: {self.chosen}"

    def clean(self) -> None:
        super().clean()
        # As the database will, so that a form may name either tool first.
        if self.first_tool_id and self.second_tool_id and self.first_tool_id > self.second_tool_id:
            self.first_tool, self.second_tool = self.second_tool, self.first_tool

    @property
    def chosen(self) -> str:
        """In words. A draft without a choice may just not have been made up."""
        if self.choice:
            return self.choice.name
        return "nothing chosen" if self.status in UNPUBLISHED else "no difference"

    @property
    def subject(self) -> tuple[frozenset[UUID], UUID]:
        """The ids of both tools, and of the reviewer who answers them."""
        return frozenset((self.first_tool_id, self.second_tool_id)), self.reviewer_id

    @property
    def tools(self) -> tuple[Tool, Tool]:
        """In the order in which readers see a pair."""
        return by_slug(self.first_tool, self.second_tool)


class HeadToHeadRevision(models.Model):
    """What a head-to-head said to readers until it was corrected or retracted, as ReviewRevision has it of a review."""

    head_to_head = models.ForeignKey(
        HeadToHead, on_delete=models.PROTECT, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()
    choice = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    quote = models.TextField(blank=True)
    basis = models.CharField(max_length=16)
    disclosure = models.CharField(max_length=500, blank=True)
    evidence = ArrayField(models.URLField(max_length=500))
    compared_on = models.DateField(null=True)
    note = models.CharField(max_length=500, blank=True, db_default="")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["head_to_head", "number"],
                name="head_to_head_revisions_are_numbered_without_repeats",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.head_to_head}, revision {self.number}"


_TOTAL = F("ship") + F("skip")
# Half up, in whole numbers, exactly as reviews.panel says it.
_PERCENT = (F("ship") * 200 + _TOTAL) / NullIf(_TOTAL * 2, Value(0))


class Panel(models.Model):
    """The published reviews of one tool, counted. Every tool has its row, kept by the database."""

    tool = models.OneToOneField(Tool, primary_key=True, on_delete=models.CASCADE, related_name="panel")
    ship = models.PositiveIntegerField(default=0, db_default=0)
    skip = models.PositiveIntegerField(default=0, db_default=0)
    total = models.GeneratedField(expression=_TOTAL, output_field=models.IntegerField(), db_persist=True)
    percent = models.GeneratedField(
        expression=_PERCENT, output_field=models.IntegerField(null=True), db_persist=True
    )
    call = models.GeneratedField(
        expression=Case(
            When(ship=0, skip=0, then=Value("unreviewed")),
            When(GreaterThanOrEqual(_PERCENT, SHIP_FROM), then=Value("ship")),
            When(GreaterThanOrEqual(_PERCENT, MIXED_FROM), then=Value("mixed")),
            default=Value("skip"),
        ),
        output_field=models.CharField(max_length=16),
        db_persist=True,
    )

    class Meta:
        verbose_name_plural = "panels"

    def __str__(self) -> str:
        return f"{self.ship} of {self.total} ship"

    @property
    def count(self) -> PanelCount:
        return PanelCount(ship=self.ship, skip=self.skip)


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
