"""Voters, their votes on tools, their picks of pairs, the tallies of both, and what staff decide about them."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce, Greatest, Now, NullIf, Sqrt

from backend.api.ids import new_id
from catalog.models import Tool
from votes.rules import HOURLY_FLOOR
from votes.tally import MIN_VOTES, Interval, PickCount, PublishedCounts, TallyCount, Z


class CountStatus(models.TextChoices):
    """Only counted votes are in a public number; the others are shown beside it."""

    COUNTED = "counted"
    PENDING = "pending"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class Voter(models.Model):
    """A reader without an account, from the first vote on.

    `key` is an HMAC of the token's id: a leaked table yields no usable token. Of a voter who was erased the row
    remains, so that the token is refused from then on.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.BinaryField(max_length=32, unique=True)
    assurance = models.PositiveSmallIntegerField(
        default=0, help_text="0 none, 1 proof of work, 2 challenge, 3 mail confirmed, 4 confirmed by staff."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(assurance__lte=4), name="voter_assurance_is_known")]

    def __str__(self) -> str:
        return str(self.id)


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
        indexes = [
            # How many counted within the hour; the chart of a tool's votes; what waits.
            models.Index(fields=["tool", "status", "created_at"], name="votes_by_tool_and_time"),
            # How many counted from one client network, and from those around it.
            models.Index(
                fields=["tool", "provider_hash", "site_hash", "network_hash"],
                condition=Q(status="counted", value__isnull=False),
                name="counted_votes_by_network",
            ),
            # From how many sites they come.
            models.Index(
                "tool",
                Coalesce("site_hash", "network_hash"),
                condition=Q(status="counted", value__isnull=False),
                name="counted_votes_by_site",
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
                "first_tool",
                "second_tool",
                Coalesce("site_hash", "network_hash"),
                condition=Q(status="counted", chosen_tool__isnull=False),
                name="counted_picks_by_site",
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


def _lower_bound(part: str, rest: str) -> Greatest:
    """votes.tally's lower bound for PostgreSQL, so that lists can sort and filter by it; 0 without votes."""
    one, other = Cast(F(part), models.FloatField()), Cast(F(rest), models.FloatField())
    total = one + other
    spread = Value(Z) * Sqrt(one * other / NullIf(total, Value(0.0)) + Value(Z * Z / 4))
    return Greatest((one + Value(Z * Z / 2) - spread) / (total + Value(Z * Z)), Value(0.0))


class Counts(models.Model):
    """Votes on one tool, by status."""

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
        abstract = True

    def __str__(self) -> str:
        return f"{self.ship} ship, {self.skip} skip"

    @property
    def count(self) -> TallyCount:
        return TallyCount(ship=self.ship, skip=self.skip)


class Tally(Counts):
    """The votes on one tool as they are this moment. Every tool has its row, kept by the database."""

    tool = models.OneToOneField(Tool, primary_key=True, on_delete=models.CASCADE, related_name="tally")
    hourly_limit = models.PositiveIntegerField(
        default=HOURLY_FLOOR,
        db_default=HOURLY_FLOOR,
        help_text="How many votes may count within an hour before the rest wait.",
    )

    class Meta:
        verbose_name_plural = "tallies"


class Bounds(models.Model):
    """What a published crowd decides by: votes.tally's time-uniform bounds, stored so that SQL compares columns.

    They stand where a crowd may decide, for it is large enough and comes from enough networks and days, and are null
    elsewhere. The database takes them away from counts that are changed without them.
    """

    bound_low = models.FloatField(null=True, editable=False)
    bound_high = models.FloatField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def bounds(self) -> Interval | None:
        return Interval.stored(self.bound_low, self.bound_high)


def _bounds_of_enough(name: str) -> models.CheckConstraint:
    both = Q(bound_low__isnull=False, bound_high__isnull=False, total__gte=MIN_VOTES)
    return models.CheckConstraint(condition=Q(bound_low=None, bound_high=None) | both, name=name)


class PublishedTally(Bounds, Counts):
    """What readers see of a tool's votes: a copy of the tally that moves in steps.

    A voter who tests the rules learns whether a vote counts no sooner than everybody else.
    """

    tool = models.OneToOneField(
        Tool, primary_key=True, on_delete=models.CASCADE, related_name="published_tally"
    )
    as_of = models.DateTimeField(db_default=Now(), help_text="When these numbers became public.")

    class Meta:
        verbose_name_plural = "published tallies"
        constraints = [_bounds_of_enough("only_a_crowd_of_enough_votes_has_bounds")]

    @property
    def count(self) -> TallyCount:
        return TallyCount(ship=self.ship, skip=self.skip, bounds=self.bounds)

    @property
    def published(self) -> PublishedCounts:
        return PublishedCounts(self.ship, self.skip, self.pending, self.quarantined, self.as_of, self.bounds)


class TallyDay(models.Model):
    """A tool's published numbers at the end of one UTC day; written once and never changed.

    `digest` covers the line, whose it is, and the digest before it: a number that was altered afterwards breaks the
    chain of everybody who kept a later digest. votes.tallies.day_lines says how it is made.
    """

    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="tally_days", db_index=False)
    day = models.DateField()
    ship = models.PositiveIntegerField()
    skip = models.PositiveIntegerField()
    pending = models.PositiveIntegerField()
    quarantined = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    ruleset = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)

    class Meta:
        # All digests of a day, for its root.
        indexes = [models.Index(fields=["day"], include=["digest"], name="tally_days_by_day")]
        constraints = [models.UniqueConstraint(fields=["tool", "day"], name="one_line_per_tool_and_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.ship} ship, {self.skip} skip"

    @property
    def subject(self) -> str:
        """Whose line it is: the tool's id."""
        return str(self.tool_id)

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.ship, self.skip, self.pending, self.quarantined, self.rejected

    @property
    def count(self) -> TallyCount:
        return TallyCount(ship=self.ship, skip=self.skip)


class PickCounts(models.Model):
    """Picks of one pair, by status; the pair in the order of the tools' ids."""

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
        abstract = True

    def __str__(self) -> str:
        return f"{self.first} to {self.second}"


class PickTally(PickCounts):
    """The picks of one pair as they are this moment. A row exists from the first pick on."""

    hourly_limit = models.PositiveIntegerField(
        default=HOURLY_FLOOR,
        db_default=HOURLY_FLOOR,
        help_text="How many picks may count within an hour before the rest wait.",
    )

    class Meta:
        verbose_name_plural = "pick tallies"
        constraints = [
            models.UniqueConstraint(fields=["first_tool", "second_tool"], name="one_pick_tally_per_pair"),
            models.CheckConstraint(
                condition=Q(first_tool__lt=F("second_tool")), name="a_pick_tally_keeps_its_pair_in_order"
            ),
        ]


class PublishedPickTally(Bounds, PickCounts):
    """What readers see of a pair's picks: a copy of the tally that moves in steps. Bounds are of the first tool's share."""

    as_of = models.DateTimeField(db_default=Now(), help_text="When these numbers became public.")

    class Meta:
        verbose_name_plural = "published pick tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["first_tool", "second_tool"], name="one_published_pick_tally_per_pair"
            ),
            models.CheckConstraint(
                condition=Q(first_tool__lt=F("second_tool")),
                name="a_published_pick_tally_keeps_its_pair_in_order",
            ),
            _bounds_of_enough("only_enough_picks_have_bounds"),
        ]

    @property
    def count(self) -> PickCount:
        return PickCount(first=self.first, second=self.second, bounds=self.bounds)

    @property
    def published(self) -> PublishedCounts:
        return PublishedCounts(
            self.first, self.second, self.pending, self.quarantined, self.as_of, self.bounds
        )


class PickTallyDay(models.Model):
    """A pair's published picks at the end of one UTC day, as TallyDay has them of a tool."""

    first_tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+", db_index=False)
    second_tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    first = models.PositiveIntegerField()
    second = models.PositiveIntegerField()
    pending = models.PositiveIntegerField()
    quarantined = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    ruleset = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["day"], include=["digest"], name="pick_tally_days_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["first_tool", "second_tool", "day"], name="one_line_per_pair_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.first} to {self.second}"

    @property
    def subject(self) -> str:
        """Whose line it is: the ids of both tools in their order, joined by `|`."""
        return f"{self.first_tool_id}|{self.second_tool_id}"

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.first, self.second, self.pending, self.quarantined, self.rejected


class ClosedDay(models.Model):
    """A UTC day whose lines are written; `root` covers the digests of all of them and the root before."""

    day = models.DateField(unique=True)
    line_count = models.PositiveIntegerField()
    root = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.day}: {self.root}"


class SpentChallenge(models.Model):
    """A challenge that has bought its one token; kept until it would be too old anyway."""

    key = models.BinaryField(primary_key=True, max_length=32)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key.hex()


class OfTarget(models.Model):
    """Something said of the votes on one tool, or of the picks of a pair: then `other_tool` is the pair's second."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+")
    other_tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def target(self) -> str:
        return f"{self.tool.name} / {self.other_tool.name}" if self.other_tool else self.tool.name


class Alert(OfTarget):
    """Something that staff should look at; it stays open until they have."""

    class Kind(models.TextChoices):
        BURST = "burst", "More votes within an hour than usual"
        NETWORKS = "networks", "Many votes from few networks"
        DRIFT = "drift", "A tally differed from its votes"

    kind = models.CharField(max_length=16, choices=Kind)
    begins_at = models.DateTimeField(help_text="The hour of the votes, or the moment of the recount.")
    detail = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["burst", "networks", "drift"]), name="alert_kind_is_known"
            ),
            models.UniqueConstraint(
                fields=["kind", "tool", "other_tool", "begins_at"],
                nulls_distinct=False,
                name="one_alert_per_target_and_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.target}"


class ModerationAction(OfTarget):
    """What staff did to a span of votes or picks: who, why, how many it moved. Never changed afterwards."""

    class Action(models.TextChoices):
        QUARANTINE = "quarantine", "Quarantined"
        RELEASE = "release", "Released"
        REJECT = "reject", "Rejected"

    action = models.CharField(db_column="deed", max_length=16, choices=Action)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why = models.CharField(max_length=500)
    count = models.PositiveIntegerField(help_text="How many votes or picks it moved.")
    ruleset = models.CharField(max_length=20)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        db_table = "votes_ruling"
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=["quarantine", "release", "reject"]), name="ruling_deed_is_known"
            ),
            models.CheckConstraint(
                condition=Q(begins_at__lt=F("ends_at")), name="a_ruling_begins_before_it_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.count} of {self.target}"
