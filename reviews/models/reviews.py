"""Reviews of one tool by one reviewer, and what they said before."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from catalog.models import Tool
from catalog.validators import validate_past_day
from reviews.models.opinions import QUOTE_WORDS, Opinion, opinion_constraints
from reviews.models.reviewers import Reviewer
from reviews.querysets import ReviewQuerySet


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
            GinIndex(QUOTE_WORDS, name="reviews_by_words"),
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
            *opinion_constraints("review", day="reviewed_on"),
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
