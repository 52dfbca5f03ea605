"""How many votes an hour are usual on a tool or a pair, and so how many may count within one."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from votes.rules import BASELINE, HOURLY_FLOOR, hourly_limit

# Votes on these tallies wait while a batch is written.
BATCH = 1_000

# What may have another limit than before, with its counted votes of the last week. An index holds these tallies alone, and
# others hold the votes of each. Numbers that an index is made of stand in the statement.
WORK_OUT = """
SELECT {keys}, t.{one}, t.{other}, t.hourly_limit, t.is_moved, (
    SELECT count(*) FROM {table} b
    WHERE {target} AND b.{answer} IS NOT NULL AND b.status = 'counted' AND b.created_at >= %s
)
FROM {tallies} t WHERE t.is_moved OR t.hourly_limit <> {floor} ORDER BY {keys}
"""

# In the order in which casting takes them.
HOLD = """
SELECT FROM {tallies} t JOIN unnest({arrays}) AS moved ({names}) ON {same} ORDER BY {keys} FOR NO KEY UPDATE OF t
"""

# One that moved meanwhile is looked at again.
STORE = """
UPDATE {tallies} t
SET hourly_limit = moved.hourly_limit, is_moved = (t.{one}, t.{other}) <> (moved.one, moved.other)
FROM unnest({arrays}, %b::int[], %b::int[], %b::int[]) AS moved ({names}, one, other, hourly_limit)
WHERE {same}
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between votes and picks."""

    table: str
    tallies: str
    keys: tuple[str, ...]
    answer: str
    counts: tuple[str, str]

    def statement(self, template: str) -> str:
        return template.format(
            table=self.table,
            tallies=self.tallies,
            answer=self.answer,
            one=self.counts[0],
            other=self.counts[1],
            floor=HOURLY_FLOOR,
            names=", ".join(self.keys),
            keys=", ".join(f"t.{key}" for key in self.keys),
            arrays=", ".join("%b::uuid[]" for _ in self.keys),
            target=" AND ".join(f"b.{key} = t.{key}" for key in self.keys),
            same=" AND ".join(f"t.{key} = moved.{key}" for key in self.keys),
        )


VOTES = Kind("votes_vote", "votes_tally", ("tool_id",), "value", ("ship", "skip"))
PICKS = Kind(
    "votes_pick",
    "votes_picktally",
    ("first_tool_id", "second_tool_id"),
    "chosen_tool_id",
    ("first", "second"),
)


def refresh_hourly_limits(*, now: datetime) -> None:
    """Bring the limits to what is usual now. One query a kind, and two for each batch of tallies that moved.

    Its cost follows how many moved since the last time, and the votes of the last week on these; not how many there are.
    """
    for kind in (VOTES, PICKS):
        with connection.cursor() as cursor:
            cursor.execute(kind.statement(WORK_OUT), [now - BASELINE])
            usual = [
                (*of_tally, limit)
                for *of_tally, before, is_moved, counted in cursor.fetchall()
                if (limit := hourly_limit(counted_in_baseline=counted)) != before or is_moved
            ]
        for start in range(0, len(usual), BATCH):
            columns = [list(column) for column in zip(*usual[start : start + BATCH], strict=True)]
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(kind.statement(HOLD), columns[: len(kind.keys)])
                cursor.execute(kind.statement(STORE), columns)
