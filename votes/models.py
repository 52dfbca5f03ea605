"""Voters, their votes on tools, their picks of pairs, and the tallies that the database keeps of both."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Greatest, NullIf, Sqrt

from catalog.models import Tool, new_id
from votes.tally import TallyCount, Z


class CountStatus(models.TextChoices):
    """Only counted votes are in a public number; the others are shown beside it."""

    COUNTED = "counted"
    PENDING = "pending"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class Voter(models.Model):
    """A reader without an account. `key` is an HMAC of the token's id: a leaked table yields no usable token."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.BinaryField(max_length=32, unique=True)
    assurance = models.PositiveSmallIntegerField(
        default=0, help_text="0 none, 1 proof of work, 2 challenge, 3 mail confirmed, 4 confirmed by staff."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(assurance__lte=4), name="voter_assurance_is_known")]

    def __str__(self) -> str:
        return str(self.id)


class Ballot(models.Model):
    """What a vote and a pick have in common."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="%(class)ss")
    status = models.CharField(max_length=16, choices=CountStatus, default=CountStatus.COUNTED)
    reasons = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    ruleset = models.CharField(
        max_length=20, blank=True, help_text="The version of the rules that set the status."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Vote(Ballot):
    """A reader's answer on one tool."""

    class Value(models.TextChoices):
        SHIP = "ship"
        SKIP = "skip"

    tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="votes")
    value = models.CharField(max_length=8, choices=Value)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voter", "tool"], name="one_vote_per_voter_and_tool"),
            models.CheckConstraint(condition=Q(value__in=["ship", "skip"]), name="a_vote_says_ship_or_skip"),
            models.CheckConstraint(condition=Q(status__in=CountStatus.values), name="vote_status_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.value} on {self.tool.name}"


class Pick(Ballot):
    """A reader's answer to a pair. The pair is kept in the order of the tools' ids, which never change."""

    first_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+")
    second_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+")
    chosen_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+")

    class Meta:
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
        return f"{self.chosen_tool.name} of {self.first_tool.name} and {self.second_tool.name}"


def _lower_bound(part: str, rest: str) -> Greatest:
    """votes.tally's lower bound for PostgreSQL, so that lists can sort and filter by it; 0 without votes."""
    one, other = Cast(F(part), models.FloatField()), Cast(F(rest), models.FloatField())
    total = one + other
    spread = Value(Z) * Sqrt(one * other / NullIf(total, Value(0.0)) + Value(Z * Z / 4))
    return Greatest((one + Value(Z * Z / 2) - spread) / (total + Value(Z * Z)), Value(0.0))


class Tally(models.Model):
    """The votes on one tool, counted by status. Every tool has its row, kept by the database."""

    tool = models.OneToOneField(Tool, primary_key=True, on_delete=models.CASCADE, related_name="tally")
    ship = models.PositiveIntegerField(default=0, db_default=0)
    skip = models.PositiveIntegerField(default=0, db_default=0)
    pending = models.PositiveIntegerField(default=0, db_default=0)
    quarantined = models.PositiveIntegerField(default=0, db_default=0)
    rejected = models.PositiveIntegerField(default=0, db_default=0)
    total = models.GeneratedField(
        expression=F("ship") + F("skip"), output_field=models.IntegerField(), db_persist=True
    )
    interval_low = models.GeneratedField(
        expression=_lower_bound("ship", "skip"), output_field=models.FloatField(), db_persist=True
    )
    interval_high = models.GeneratedField(
        expression=Value(1.0) - _lower_bound("skip", "ship"),
        output_field=models.FloatField(),
        db_persist=True,
    )

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.ship} ship, {self.skip} skip"

    @property
    def count(self) -> TallyCount:
        return TallyCount(ship=self.ship, skip=self.skip)


class PickTally(models.Model):
    """The picks of one pair, counted; the pair in the order of the tools' ids. A row exists from the first pick on."""

    first_tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+")
    second_tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+")
    first = models.PositiveIntegerField(default=0, db_default=0)
    second = models.PositiveIntegerField(default=0, db_default=0)
    pending = models.PositiveIntegerField(default=0, db_default=0)
    quarantined = models.PositiveIntegerField(default=0, db_default=0)
    rejected = models.PositiveIntegerField(default=0, db_default=0)
    total = models.GeneratedField(
        expression=F("first") + F("second"), output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        verbose_name_plural = "pick tallies"
        constraints = [
            models.UniqueConstraint(fields=["first_tool", "second_tool"], name="one_pick_tally_per_pair"),
            models.CheckConstraint(
                condition=Q(first_tool__lt=F("second_tool")), name="a_pick_tally_keeps_its_pair_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} to {self.second}"
