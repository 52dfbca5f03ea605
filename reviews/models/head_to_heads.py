"""Answers of one reviewer to a pair of tools, and what they said before."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from catalog.models import Tool
from catalog.pairs import by_id, by_slug
from catalog.validators import validate_past_day
from catalog.workflow import UNPUBLISHED
from reviews.models.opinions import QUOTE_WORDS, Opinion, opinion_constraints
from reviews.models.reviewers import Reviewer
from reviews.querysets import HeadToHeadQuerySet


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
            GinIndex(QUOTE_WORDS, name="head_to_heads_by_words"),
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
            *opinion_constraints("head_to_head", day="compared_on"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer.name} on {self.first_tool.name} and {self.second_tool.name}: {self.chosen}"

    def clean(self) -> None:
        super().clean()
        # As the database will, so that a form may name either tool first.
        if self.first_tool_id and self.second_tool_id:
            self.first_tool, self.second_tool = by_id(self.first_tool, self.second_tool)

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
