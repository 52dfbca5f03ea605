"""What the database promises of votes and picks: one each, and tallies that count themselves exactly."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, ProtectedError

from catalog.models import Tool
from tests.database import at_once, broken_constraint, constraints_of, execute
from tests.factories import NOW, CategoryFactory, PickFactory, ToolFactory, VoteFactory, VoterFactory, vote
from votes.models import (
    Alert,
    ClosedDay,
    CountStatus,
    ModerationAction,
    Pick,
    PickTally,
    PickTallyDay,
    PublishedPickTally,
    PublishedTally,
    Tally,
    TallyDay,
    Vote,
    Voter,
)
from votes.rules import RULESET
from votes.tallies.publication import publish_tallies
from votes.tally import MIN_VOTES, TallyCount, deciding_bounds, wilson_interval

pytestmark = pytest.mark.django_db

COLUMNS = ("ship", "skip", "pending", "quarantined", "rejected")
PICK_COLUMNS = ("first", "second", "pending", "quarantined", "rejected")
NOTHING = (0, 0, 0, 0, 0)
UNCOUNTED = ("pending", "quarantined", "rejected")


def tally_of(tool: Tool) -> tuple[int, ...]:
    counts: tuple[int, ...] = Tally.objects.values_list(*COLUMNS).get(tool=tool)
    return counts


def recount(tool: Tool) -> tuple[int, ...]:
    votes = Vote.objects.standing().filter(tool=tool)
    counted = [votes.filter(status="counted", value=value).count() for value in ("ship", "skip")]
    return (*counted, *(votes.filter(status=status).count() for status in UNCOUNTED))


def in_order(one: Tool, other: Tool) -> tuple[Tool, Tool]:
    first, second = sorted((one, other), key=lambda tool: tool.pk)
    return first, second


def pick_tally_of(first: Tool, second: Tool) -> tuple[int, ...]:
    counts: tuple[int, ...] = PickTally.objects.values_list(*PICK_COLUMNS).get(
        first_tool=first, second_tool=second
    )
    return counts


def recount_picks(first: Tool, second: Tool) -> tuple[int, ...]:
    picks = Pick.objects.standing().filter(first_tool=first, second_tool=second)
    counted = [picks.filter(status="counted", chosen_tool=tool).count() for tool in (first, second)]
    return (*counted, *(picks.filter(status=status).count() for status in UNCOUNTED))


class TestTallyCountsItself:
    def test_every_new_tool_has_an_empty_tally(self) -> None:
        made, bulk = ToolFactory(), ToolFactory.build(category=CategoryFactory())
        Tool.objects.bulk_create([bulk])

        assert tally_of(made) == tally_of(bulk) == NOTHING

    @pytest.mark.parametrize(
        ("status", "value", "tally"),
        [
            ("counted", "ship", (1, 0, 0, 0, 0)),
            ("counted", "skip", (0, 1, 0, 0, 0)),
            ("pending", "ship", (0, 0, 1, 0, 0)),
            ("quarantined", "skip", (0, 0, 0, 1, 0)),
            ("rejected", "ship", (0, 0, 0, 0, 1)),
        ],
    )
    def test_a_vote_counts_in_one_column_and_goes_when_deleted(
        self, status: str, value: str, tally: tuple[int, ...]
    ) -> None:
        row = VoteFactory(status=status, value=value)

        assert tally_of(row.tool) == tally

        row.delete()

        assert tally_of(row.tool) == NOTHING

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (before, after)
            for before, after in product(product(CountStatus.values, ["ship", "skip", None]), repeat=2)
            if before[0] in ("counted", after[0])
            or (before[0] != "rejected" and (before[1] is not None or after[1] is None))
        ],
        ids=str,
    )
    def test_each_change_of_a_vote_moves_its_tally(
        self, before: tuple[str, str | None], after: tuple[str, str | None]
    ) -> None:
        row = VoteFactory(status=before[0], value=before[1])
        vote(row.tool, ship=2, skip=3)

        Vote.objects.filter(pk=row.pk).update(status=after[0], value=after[1])

        assert tally_of(row.tool) == recount(row.tool)
        assert sum(tally_of(row.tool)) == (6 if after[1] else 5)

    @pytest.mark.parametrize("way", ["save", "bulk_update", "upsert", "sql"])
    def test_it_does_not_matter_how_the_change_is_written(self, way: str) -> None:
        row = VoteFactory(status="counted", value="ship")

        CHANGE[way](row, "pending", "skip")

        assert tally_of(row.tool) == recount(row.tool) == (0, 0, 1, 0, 0)

    def test_bulk_writes_count_row_by_row(self) -> None:
        tools = ToolFactory.create_batch(2)
        for tool in tools:
            vote(tool, ship=4, skip=2)
        assert [tally_of(tool) for tool in tools] == [(4, 2, 0, 0, 0)] * 2

        Vote.objects.filter(value="skip").update(status="quarantined")
        assert [tally_of(tool) for tool in tools] == [(4, 0, 0, 2, 0)] * 2

        Vote.objects.filter(tool=tools[0], value="ship").delete()
        assert [tally_of(tool) for tool in tools] == [(0, 0, 0, 2, 0), (4, 0, 0, 2, 0)]

        Voter.objects.update(erased_at=NOW)
        Vote.objects.all().delete()
        assert [tally_of(tool) for tool in tools] == [NOTHING] * 2

    def test_any_series_of_writes_ends_in_a_true_count(self) -> None:
        random = Random(2026)
        tools = ToolFactory.create_batch(3)
        voters = VoterFactory.create_batch(8)
        for _ in range(120):
            voter, tool = random.choice(voters), random.choice(tools)
            status, value = random.choice(CountStatus.values), random.choice(["ship", "skip"])
            if random.random() < 0.3:
                Vote.objects.filter(voter=voter, tool=tool).delete()
            elif not Vote.objects.filter(voter=voter, tool=tool).exclude(status="counted").exists():
                Vote.objects.update_or_create(
                    voter=voter, tool=tool, defaults={"status": status, "value": value}
                )

        assert [tally_of(tool) for tool in tools] == [recount(tool) for tool in tools]

    def test_a_vote_stays_with_its_tool(self) -> None:
        row, other = VoteFactory(), ToolFactory()

        with (
            pytest.raises(IntegrityError, match="A vote stays with its voter and tool"),
            transaction.atomic(),
        ):
            Vote.objects.filter(pk=row.pk).update(tool=other)

        assert tally_of(row.tool) == (1, 0, 0, 0, 0)
        assert tally_of(other) == NOTHING

    def test_a_refused_vote_counts_for_nothing(self) -> None:
        row = VoteFactory()

        broken_constraint(lambda: VoteFactory(voter=row.voter, tool=row.tool, value="skip"))

        assert tally_of(row.tool) == (1, 0, 0, 0, 0)

    def test_a_deleted_tool_takes_its_tally_along(self) -> None:
        tool = ToolFactory()

        tool.delete()

        assert not Tally.objects.exists()


def change_by_save(row: Vote, status: str, value: str) -> None:
    row.status, row.value = status, value
    row.save()


def change_by_bulk_update(row: Vote, status: str, value: str) -> None:
    row.status, row.value = status, value
    Vote.objects.bulk_update([row], ["status", "value"])


def change_by_upsert(row: Vote, status: str, value: str) -> None:
    again = Vote(voter=row.voter, tool=row.tool, status=status, value=value)
    Vote.objects.bulk_create(
        [again], update_conflicts=True, unique_fields=["voter", "tool"], update_fields=["status", "value"]
    )


def change_by_sql(row: Vote, status: str, value: str) -> None:
    execute("UPDATE votes_vote SET status = %s, value = %s WHERE id = %s", status, value, row.pk)


CHANGE: dict[str, Callable[[Vote, str, str], None]] = {
    "save": change_by_save,
    "bulk_update": change_by_bulk_update,
    "upsert": change_by_upsert,
    "sql": change_by_sql,
}


class TestPickTallyCountsItself:
    @pytest.fixture
    def pair(self) -> tuple[Tool, Tool]:
        return in_order(ToolFactory(), ToolFactory())

    def test_a_pair_without_picks_has_no_tally(self, pair: tuple[Tool, Tool]) -> None:
        assert not PickTally.objects.exists()

    @pytest.mark.parametrize(
        ("status", "chosen", "tally"),
        [
            ("counted", 0, (1, 0, 0, 0, 0)),
            ("counted", 1, (0, 1, 0, 0, 0)),
            ("pending", 0, (0, 0, 1, 0, 0)),
            ("quarantined", 1, (0, 0, 0, 1, 0)),
            ("rejected", 0, (0, 0, 0, 0, 1)),
        ],
    )
    def test_a_pick_counts_in_one_column_and_goes_when_deleted(
        self, pair: tuple[Tool, Tool], status: str, chosen: int, tally: tuple[int, ...]
    ) -> None:
        row = PickFactory(first_tool=pair[0], second_tool=pair[1], chosen_tool=pair[chosen], status=status)

        assert pick_tally_of(*pair) == tally

        row.delete()

        assert pick_tally_of(*pair) == NOTHING

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (before, after)
            for before, after in product(product(CountStatus.values, [0, 1]), repeat=2)
            if before[0] != "rejected" or after[0] == "rejected"
        ],
        ids=str,
    )
    def test_each_change_of_a_pick_moves_its_tally(
        self, pair: tuple[Tool, Tool], before: tuple[str, int], after: tuple[str, int]
    ) -> None:
        row = PickFactory(
            first_tool=pair[0], second_tool=pair[1], chosen_tool=pair[before[1]], status=before[0]
        )
        PickFactory(first_tool=pair[0], second_tool=pair[1], chosen_tool=pair[1])

        Pick.objects.filter(pk=row.pk).update(status=after[0], chosen_tool=pair[after[1]])

        assert pick_tally_of(*pair) == recount_picks(*pair)
        assert sum(pick_tally_of(*pair)) == 2

    def test_bulk_writes_count_row_by_row(self, pair: tuple[Tool, Tool]) -> None:
        voters = VoterFactory.create_batch(6)

        Pick.objects.bulk_create(
            Pick(voter=voter, first_tool=pair[0], second_tool=pair[1], chosen_tool=pair[index % 3 == 0])
            for index, voter in enumerate(voters)
        )
        assert pick_tally_of(*pair) == (4, 2, 0, 0, 0)

        Pick.objects.filter(chosen_tool=pair[1]).update(status="pending")
        assert pick_tally_of(*pair) == (4, 0, 2, 0, 0)

        Pick.objects.filter(status="counted").delete()
        assert pick_tally_of(*pair) == (0, 0, 2, 0, 0)

    def test_a_pick_stays_with_its_pair(self, pair: tuple[Tool, Tool]) -> None:
        row, later = PickFactory(first_tool=pair[0], second_tool=pair[1]), ToolFactory()

        with (
            pytest.raises(IntegrityError, match="A pick stays with its voter and pair"),
            transaction.atomic(),
        ):
            Pick.objects.filter(pk=row.pk).update(second_tool=later, chosen_tool=pair[0])

        assert pick_tally_of(*pair) == recount_picks(*pair)
        assert PickTally.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Many readers vote on the same thing in the same moment."""

    THREADS = 8
    ROUNDS = 15

    def test_votes_on_one_tool_are_counted_without_drift(self) -> None:
        tool = ToolFactory()
        voters = VoterFactory.create_batch(self.THREADS + 1)

        def cast_votes(seed: int) -> None:
            """Own votes and the votes of a neighbour, so that the same row is changed from two sides."""
            random = Random(seed)
            for _ in range(self.ROUNDS):
                voter = voters[seed + random.randrange(2)]
                status, value = random.choice(CountStatus.values[:3]), random.choice(["ship", "skip"])
                if random.random() < 0.2:
                    Vote.objects.filter(voter=voter, tool=tool, status="counted").delete()
                else:
                    change_by_upsert(Vote(voter=voter, tool=tool), status, value)

        errors = at_once(*(lambda seed=seed: cast_votes(seed) for seed in range(self.THREADS)))

        assert errors == [None] * self.THREADS
        assert tally_of(tool) == recount(tool)

    def test_the_first_picks_of_a_pair_are_all_counted(self) -> None:
        pair = in_order(ToolFactory(), ToolFactory())
        voters = VoterFactory.create_batch(self.THREADS)

        def pick(voter: Voter, chosen: Tool) -> None:
            Pick.objects.create(voter=voter, first_tool=pair[0], second_tool=pair[1], chosen_tool=chosen)

        errors = at_once(
            *(lambda n=n, voter=voter: pick(voter, pair[n % 2]) for n, voter in enumerate(voters))
        )

        assert errors == [None] * self.THREADS
        assert pick_tally_of(*pair) == (4, 4, 0, 0, 0)

    def test_of_one_voters_simultaneous_first_votes_one_counts(self) -> None:
        tool, voter = ToolFactory(), VoterFactory()

        errors = at_once(*(lambda: VoteFactory(voter=voter, tool=tool) for _ in range(self.THREADS)))

        assert sorted(type(error).__name__ for error in errors) == ["IntegrityError"] * 7 + ["NoneType"]
        assert tally_of(tool) == (1, 0, 0, 0, 0)


# --- The interval, as the database keeps it -----------------------------------------------------

# The columns of the table as they are computed there, without what follows from a change of it.
LIKE_A_TALLY = """
CREATE TEMPORARY TABLE counted (LIKE votes_tally INCLUDING DEFAULTS INCLUDING GENERATED) ON COMMIT DROP
"""
COUNT = """
INSERT INTO counted (tool_id, ship, skip)
SELECT gen_random_uuid(), * FROM unnest(%s::int[], %s::int[])
RETURNING ship, skip, total, interval_low, interval_high
"""


def test_the_database_keeps_the_intervals_of_a_hundred_thousand_tallies_to_the_last_bit() -> None:
    random = Random(2026)
    # Up to as many votes as the column of their total holds.
    totals = (int(10 ** random.uniform(0, 9.33)) for _ in range(150_000))
    tallies = {(ship := round(total * random.random()), total - ship) for total in totals}
    tallies |= {
        *product(range(13), range(13)),
        (2**31 - 1, 0),
        (0, 2**31 - 1),
        (2**30, 2**30 - 1),
        (1, 2**31 - 2),
    }
    ships, skips = zip(*tallies, strict=True)

    execute(LIKE_A_TALLY)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [list(ships), list(skips)])
        stored = set(cursor.fetchall())

    counted = ((ship, skip, wilson_interval(part=ship, total=ship + skip)) for ship, skip in tallies)
    assert len(stored) == len(tallies) > 100_000
    assert stored == {
        (ship, skip, ship + skip, interval.low, interval.high) for ship, skip, interval in counted if interval
    } | {(0, 0, 0, 0.0, 1.0)}


def test_a_tally_gives_its_count_and_says_it() -> None:
    tool = ToolFactory()
    vote(tool, ship=3, skip=1)
    vote(tool, ship=2, status="pending")

    assert tool.tally.count == TallyCount(ship=3, skip=1)
    assert str(tool.tally) == "3 ship, 1 skip"


# --- What the database refuses ------------------------------------------------------------------


def two_votes() -> None:
    first = VoteFactory()
    VoteFactory(voter=first.voter, tool=first.tool, value="skip")


def two_picks() -> None:
    first = PickFactory()
    PickFactory(voter=first.voter, first_tool=first.first_tool, second_tool=first.second_tool)


def pick_the_wrong_way_round() -> None:
    first, second = in_order(ToolFactory(), ToolFactory())
    Pick.objects.create(voter=VoterFactory(), first_tool=second, second_tool=first, chosen_tool=first)


def pick_of_one_tool() -> None:
    tool = ToolFactory()
    Pick.objects.create(voter=VoterFactory(), first_tool=tool, second_tool=tool, chosen_tool=tool)


def pick_tally_the_wrong_way_round() -> None:
    first, second = in_order(ToolFactory(), ToolFactory())
    PickTally.objects.create(first_tool=second, second_tool=first)


def two_pick_tallies() -> None:
    first, second = in_order(ToolFactory(), ToolFactory())
    for _ in range(2):
        PickTally.objects.create(first_tool=first, second_tool=second)


def published_pick_tally_the_wrong_way_round() -> None:
    first, second = in_order(ToolFactory(), ToolFactory())
    PublishedPickTally.objects.create(first_tool=second, second_tool=first)


def two_published_pick_tallies() -> None:
    first, second = in_order(ToolFactory(), ToolFactory())
    for _ in range(2):
        PublishedPickTally.objects.create(first_tool=first, second_tool=second)


def alert(**values: Any) -> Alert:
    return Alert.objects.create(**{"kind": "burst", "tool": ToolFactory(), "begins_at": NOW, **values})


def two_alerts() -> None:
    first = alert()
    alert(tool=first.tool)


def moderation_action(**values: Any) -> ModerationAction:
    given = {
        "action": "quarantine",
        "tool": ToolFactory(),
        "begins_at": NOW,
        "ends_at": NOW + timedelta(hours=1),
    }
    return ModerationAction.objects.create(
        **{**given, "why": "A burst.", "count": 3, "ruleset": RULESET, **values}
    )


def tally_day(**values: Any) -> TallyDay:
    given = {"tool": ToolFactory(), "day": NOW.date(), "ruleset": RULESET, "digest": "0" * 64}
    return TallyDay.objects.create(**{**given, **dict.fromkeys(COLUMNS, 0), **values})


def pick_day(**values: Any) -> PickTallyDay:
    first, second = in_order(ToolFactory(), ToolFactory())
    given = {
        "first_tool": first,
        "second_tool": second,
        "day": NOW.date(),
        "ruleset": RULESET,
        "digest": "0" * 64,
    }
    return PickTallyDay.objects.create(**{**given, **dict.fromkeys(PICK_COLUMNS, 0), **values})


def two_lines_of_a_pair_and_day() -> None:
    first = pick_day()
    pick_day(first_tool=first.first_tool, second_tool=first.second_tool)


def closed_day(**values: Any) -> ClosedDay:
    return ClosedDay.objects.create(**{"day": NOW.date(), "line_count": 1, "root": "0" * 64, **values})


def two_ends_of_a_day() -> None:
    closed_day()
    closed_day()


def two_lines_of_a_day() -> None:
    first = tally_day()
    tally_day(tool=first.tool)


def below_zero(model: type[Model], column: str) -> Callable[[], object]:
    def write() -> None:
        tally_day(tool=PickFactory().first_tool)
        pick_day()
        publish_tallies(now=NOW)
        model._default_manager.update(**{column: -1})

    return write


def bounds_of_too_few(low: float | None = 0.1, high: float | None = 1.0, ship: int = MIN_VOTES - 1) -> object:
    tally = PublishedTally.objects.filter(tool=ToolFactory())
    return tally.update(ship=ship, bound_low=low, bound_high=high)


def bounds_of_too_few_picks() -> object:
    first, second = in_order(*ToolFactory.create_batch(2))
    return PublishedPickTally.objects.create(
        first_tool=first, second_tool=second, first=MIN_VOTES - 1, bound_low=0.5, bound_high=1
    )


BROKEN: dict[str, Callable[[], object]] = {
    "votes_voter_key_key": lambda: VoterFactory.create_batch(2, key=b"k" * 32),
    "voter_assurance_is_known": lambda: VoterFactory(assurance=5),
    "votes_voter_assurance_check": lambda: VoterFactory(assurance=-1),
    "one_vote_per_voter_and_tool": two_votes,
    "a_vote_says_ship_or_skip": lambda: VoteFactory(value="maybe"),
    "vote_status_is_known": lambda: VoteFactory(status="hidden"),
    "one_pick_per_voter_and_pair": two_picks,
    "a_pick_keeps_its_pair_in_order": pick_the_wrong_way_round,
    "a_pick_chooses_one_of_its_pair": lambda: PickFactory(chosen_tool=ToolFactory()),
    "pick_status_is_known": lambda: PickFactory(status="hidden"),
    "one_pick_tally_per_pair": two_pick_tallies,
    "a_pick_tally_keeps_its_pair_in_order": pick_tally_the_wrong_way_round,
    "one_published_pick_tally_per_pair": two_published_pick_tallies,
    "a_published_pick_tally_keeps_its_pair_in_order": published_pick_tally_the_wrong_way_round,
    "one_line_per_tool_and_day": two_lines_of_a_day,
    "one_line_per_pair_and_day": two_lines_of_a_pair_and_day,
    "votes_closedday_day_key": two_ends_of_a_day,
    "votes_closedday_line_count_check": lambda: closed_day(line_count=-1),
    "alert_kind_is_known": lambda: alert(kind="rumour"),
    "one_alert_per_target_and_time": two_alerts,
    "only_a_crowd_of_enough_votes_has_bounds": bounds_of_too_few,
    "only_enough_picks_have_bounds": bounds_of_too_few_picks,
    "ruling_deed_is_known": lambda: moderation_action(action="forget"),
    "a_ruling_begins_before_it_ends": lambda: moderation_action(ends_at=NOW),
    "votes_ruling_count_check": lambda: moderation_action(count=-1),
    **{
        f"{model._meta.db_table}_{column}_check": below_zero(model, column)
        for model, columns in {
            Tally: (*COLUMNS, "hourly_limit"),
            PublishedTally: COLUMNS,
            TallyDay: COLUMNS,
            PickTallyDay: PICK_COLUMNS,
            PickTally: (*PICK_COLUMNS, "hourly_limit"),
            PublishedPickTally: PICK_COLUMNS,
        }.items()
        for column in columns
    },
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_must_never_happen_is_refused(name: str) -> None:
    assert broken_constraint(BROKEN[name]) == name


@pytest.mark.parametrize(("low", "high"), [(0.2, None), (None, 0.9)])
def test_no_bound_stands_alone(low: float | None, high: float | None) -> None:
    refused = broken_constraint(lambda: bounds_of_too_few(low, high, ship=MIN_VOTES))

    assert refused == "only_a_crowd_of_enough_votes_has_bounds"


def test_every_constraint_is_broken_on_purpose() -> None:
    assert constraints_of("votes") == set(BROKEN)


def test_a_pick_is_of_two_different_tools() -> None:
    assert broken_constraint(pick_of_one_tool) == "a_pick_keeps_its_pair_in_order"


def test_the_forms_refuse_a_second_vote_and_a_pick_outside_its_pair() -> None:
    first = VoteFactory()
    pick = PickFactory()
    pick.chosen_tool = ToolFactory()

    with pytest.raises(ValidationError):
        VoteFactory.build(voter=first.voter, tool=first.tool).full_clean()
    with pytest.raises(ValidationError, match="a_pick_chooses_one_of_its_pair"):
        pick.full_clean()


def test_what_was_voted_on_cannot_be_deleted_and_a_voter_takes_votes_along() -> None:
    row = VoteFactory()

    with pytest.raises(ProtectedError):
        row.tool.delete()
    row.voter.delete()

    assert not Vote.objects.exists()
    row.tool.delete()
    assert not Tool.objects.exists()


class TestBounds:
    def public(self, tool: Tool) -> tuple[float | None, float | None]:
        bounds: tuple[float | None, float | None]
        bounds = PublishedTally.objects.values_list("bound_low", "bound_high").get(tool=tool)
        return bounds

    def test_a_published_tally_stores_the_bounds_of_its_counts(self) -> None:
        tool = ToolFactory()
        vote(tool, ship=18, skip=4)

        bounds = deciding_bounds(part=18, total=22)
        assert bounds is not None
        assert self.public(tool) == (bounds.low, bounds.high)
        assert PublishedTally.objects.get(tool=tool).count == TallyCount(18, 4, bounds)

    def test_counts_that_are_changed_alone_lose_their_bounds(self) -> None:
        tool = ToolFactory()
        vote(tool, ship=30)

        PublishedTally.objects.filter(tool=tool).update(ship=29)

        assert self.public(tool) == (None, None)

    def test_picks_that_are_changed_alone_lose_their_bounds(self) -> None:
        first, second = in_order(*ToolFactory.create_batch(2))
        tally = PublishedPickTally.objects.create(
            first_tool=first, second_tool=second, first=20, bound_low=0.7, bound_high=1
        )

        PublishedPickTally.objects.update(first=21)

        tally.refresh_from_db()
        assert tally.bounds is None
