"""The numbers of votes and picks: as they are, as readers see them, and as each day left them."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce, Greatest, Now, NullIf, Sqrt

from catalog.models import Tool
from votes.rules import HOURLY_FLOOR
from votes.tally import MIN_VOTES, Interval, PickCount, PublishedCounts, TallyCount, Z


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


class Moving(models.Model):
    """A tally that says whether its counted votes changed."""

    is_moved = models.BooleanField(
        default=True,
        db_default=True,
        editable=False,
        help_text="Whether its counted votes changed since the hourly limit was worked out.",
    )

    class Meta:
        abstract = True


# Time alone lowers a limit, and none below the floor. Where neither is so, no limit has to be worked out.
_MAY_HAVE_ANOTHER_LIMIT = Q(is_moved=True) | ~Q(hourly_limit=HOURLY_FLOOR)


class Tally(Moving, Counts):
    """The votes on one tool as they are this moment. Every tool has its row, kept by the database."""

    tool = models.OneToOneField(Tool, primary_key=True, on_delete=models.CASCADE, related_name="tally")
    hourly_limit = models.PositiveIntegerField(
        default=HOURLY_FLOOR,
        db_default=HOURLY_FLOOR,
        help_text="How many votes may count within an hour before the rest wait.",
    )

    class Meta:
        verbose_name_plural = "tallies"
        indexes = [
            models.Index(fields=["tool"], condition=_MAY_HAVE_ANOTHER_LIMIT, name="tallies_to_rescore")
        ]


# Where a list has crowds that decide nothing: behind all bounds, which lie between 0 and 1, in either direction.
BELOW_ALL_BOUNDS = -1.0
ABOVE_ALL_BOUNDS = 2.0


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
        indexes = [
            # Tools by the crowd, the best first or the worst first.
            models.Index(
                Coalesce("bound_low", Value(BELOW_ALL_BOUNDS)),
                Coalesce("bound_high", Value(BELOW_ALL_BOUNDS)),
                "tool",
                name="tallies_by_crowd",
            ),
            models.Index(
                Coalesce("bound_low", Value(ABOVE_ALL_BOUNDS)),
                Coalesce("bound_high", Value(ABOVE_ALL_BOUNDS)),
                "tool",
                name="tallies_by_crowd_worst_first",
            ),
        ]
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


class PickTally(Moving, PickCounts):
    """The picks of one pair as they are this moment. A row exists from the first pick on."""

    # To the desk's page before something is deleted.
    is_derived = True
    hourly_limit = models.PositiveIntegerField(
        default=HOURLY_FLOOR,
        db_default=HOURLY_FLOOR,
        help_text="How many picks may count within an hour before the rest wait.",
    )

    class Meta:
        verbose_name_plural = "pick tallies"
        indexes = [
            models.Index(
                fields=["first_tool", "second_tool"],
                condition=_MAY_HAVE_ANOTHER_LIMIT,
                name="pick_tallies_to_rescore",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["first_tool", "second_tool"], name="one_pick_tally_per_pair"),
            models.CheckConstraint(
                condition=Q(first_tool__lt=F("second_tool")), name="a_pick_tally_keeps_its_pair_in_order"
            ),
        ]


class PublishedPickTally(Bounds, PickCounts):
    """What readers see of a pair's picks: a copy of the tally that moves in steps. Bounds are of the first tool's share."""

    is_derived = True
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
