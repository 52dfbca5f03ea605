"""Votes on tools and picks of pairs, and what both have in common."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from backend.api.ids import new_id
from catalog.models import Tool
from votes.models.voters import Voter
from votes.rules import HELD_FOR


class CountStatus(models.TextChoices):
    """Only counted votes are in a public number; the others are shown beside it."""

    COUNTED = "counted"
    PENDING = "pending"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


# What counted until staff set it aside goes on using the quotas of its networks (votes.rules.SET_ASIDE).
SET_ASIDE = Q(status__in=["quarantined", "rejected"]) & ~Q(reasons__overlap=list(HELD_FOR))


class BallotQuerySet(models.QuerySet[Any]):
    """Votes, or picks, of any status."""

    def standing(self) -> Self:
        """Without those that were withdrawn."""
        return self.exclude(**{self.model.ANSWER: None})


class Ballot(models.Model):
    """What a vote and a pick have in common.

    One that is withdrawn says nothing, and its row stays: what was decided of it holds when it is cast again. The
    database keeps that (sql/held_ballots.sql).
    """

    # The field of what it says.
    ANSWER: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Its uniqueness begins with the voter, so an index of its own would only cost.
    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="%(class)ss", db_index=False)
    status = models.CharField(max_length=16, choices=CountStatus, default=CountStatus.COUNTED)
    reasons = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    ruleset = models.CharField(
        max_length=20, blank=True, help_text="The version of the rules that set the status."
    )
    network_hash = models.BinaryField(
        db_column="origin",
        max_length=8,
        null=True,
        help_text="The hash of the client network under the day's salt: equal for votes of one network and day.",
    )
    site_hash = models.BinaryField(
        max_length=8, null=True, help_text="The same of its IPv4 /24 or IPv6 /48, under the week's salt."
    )
    provider_hash = models.BinaryField(
        max_length=8, null=True, help_text="The same of its IPv4 /16 or IPv6 /32, under the day's salt."
    )
    revision = models.IntegerField(
        db_default=1,
        help_text="Grows with each change of what it says, so that answers to a voter have an order.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = BallotQuerySet.as_manager()

    class Meta:
        abstract = True


class Vote(Ballot):
    """A reader's answer on one tool."""

    ANSWER = "value"

    class Value(models.TextChoices):
        SHIP = "ship"
        SKIP = "skip"

    tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="votes", db_index=False)
    value = models.CharField(
        max_length=8, choices=Value, null=True, help_text="Empty where it was withdrawn."
    )

    class Meta:
        permissions = [("moderate_vote", "Can moderate votes")]
        indexes = [
            # How many counted within the hour; the chart of a tool's votes; what waits.
            models.Index(fields=["tool", "status", "created_at"], name="votes_by_tool_and_time"),
            # How many counted from one client network, and from those around it.
            models.Index(
                fields=["tool", "provider_hash", "site_hash", "network_hash"],
                condition=Q(status="counted", value__isnull=False),
                name="counted_votes_by_network",
            ),
            models.Index(
                fields=["tool", "provider_hash", "site_hash", "network_hash"],
                condition=SET_ASIDE,
                name="set_aside_votes_by_network",
            ),
            # From how many sites they come.
            models.Index(
                "tool",
                Coalesce("site_hash", "network_hash"),
                condition=Q(status="counted", value__isnull=False),
                name="counted_votes_by_site",
            ),
            # What alerts are about.
            models.Index(
                fields=["created_at"],
                condition=Q(status="pending", value__isnull=False),
                name="waiting_votes_by_time",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["voter", "tool"], name="one_vote_per_voter_and_tool"),
            models.CheckConstraint(condition=Q(value__in=["ship", "skip"]), name="a_vote_says_ship_or_skip"),
            models.CheckConstraint(condition=Q(status__in=CountStatus.values), name="vote_status_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.value or 'nothing'} on {self.tool.name}"


class Pick(Ballot):
    """A reader's answer to a pair. The pair is kept in the order of the tools' ids, which never change."""

    ANSWER = "chosen_tool"

    first_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+", db_index=False)
    second_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+")
    chosen_tool = models.ForeignKey(
        Tool,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="Empty where it was withdrawn.",
    )

    class Meta:
        permissions = [("moderate_pick", "Can moderate picks")]
        indexes = [
            models.Index(
                fields=["first_tool", "second_tool", "status", "created_at"], name="picks_by_pair_and_time"
            ),
            models.Index(
                fields=["first_tool", "second_tool", "provider_hash", "site_hash", "network_hash"],
                condition=Q(status="counted", chosen_tool__isnull=False),
                name="counted_picks_by_network",
            ),
            models.Index(
                fields=["first_tool", "second_tool", "provider_hash", "site_hash", "network_hash"],
                condition=SET_ASIDE,
                name="set_aside_picks_by_network",
            ),
            models.Index(
                "first_tool",
                "second_tool",
                Coalesce("site_hash", "network_hash"),
                condition=Q(status="counted", chosen_tool__isnull=False),
                name="counted_picks_by_site",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(status="pending", chosen_tool__isnull=False),
                name="waiting_picks_by_time",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["voter", "first_tool", "second_tool"], name="one_pick_per_voter_and_pair"
            ),
            models.CheckConstraint(
                condition=Q(first_tool__lt=F("second_tool")), name="a_pick_keeps_its_pair_in_order"
            ),
            models.CheckConstraint(
                condition=Q(chosen_tool=F("first_tool")) | Q(chosen_tool=F("second_tool")),
                name="a_pick_chooses_one_of_its_pair",
            ),
            models.CheckConstraint(condition=Q(status__in=CountStatus.values), name="pick_status_is_known"),
        ]

    def __str__(self) -> str:
        chosen = self.chosen_tool.name if self.chosen_tool else "nothing"
        return f"{chosen} of {self.first_tool.name} and {self.second_tool.name}"
