"""Counts that the database keeps as rows change, so that reading one does not read what it counts (sql/row_counts.sql)."""

from collections import Counter
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from backend.api.models import CountChange

Key = tuple[str, ...]

# Reading as many rows more than there are keys takes less than a millisecond.
MOST_UNFOLDED = 500

_FOLD = """
WITH many AS (
    SELECT name FROM api_countchange GROUP BY name HAVING count(*) > count(DISTINCT key) + %s
), folded AS (
    DELETE FROM api_countchange WHERE name IN (SELECT name FROM many) RETURNING name, key, number
)
INSERT INTO api_countchange (name, key, number)
SELECT name, key, sum(number) FROM folded GROUP BY name, key HAVING sum(number) <> 0
"""


def as_key(*columns: str | Combinable) -> Func:
    """The key of a row, as the triggers write it."""
    return Func(*columns, template="ARRAY[%(expressions)s]::text[]", output_field=ArrayField(TextField()))


def kept_count(name: str, *key: str | Combinable) -> Coalesce:
    """One count as a column, by a look into an index; what lies ahead by the clock is counted too.

    `key` are columns of the row and values.
    """
    outer = [OuterRef(each) if isinstance(each, str) else each for each in key]
    changes = CountChange.objects.filter(name=name, key=as_key(*outer)).values("name")
    return Coalesce(Subquery(changes.values(total=Sum("number"))), 0, output_field=IntegerField())


def number_of(rows: QuerySet[models.Model]) -> Coalesce:
    """How many rows there are, as a column: for those few that lie ahead by the clock."""
    counted = rows.order_by().annotate(one=Value(1)).values("one").values(number=models.Count("*"))
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


def kept_counts(
    name: str, *, ahead: QuerySet[models.Model], of: Q | None = None
) -> QuerySet[CountChange, tuple[list[str], int]]:
    """What adds up to all counts of a name at this moment, by their keys.

    `ahead` are the rows that count, though their moment by the clock is still to come, with their `count_key`; `of` says
    which keys are read.
    """
    changes = (
        CountChange.objects.filter(of or Q(), name=name).values_list("key").annotate(total=Sum("number"))
    )
    waiting = ahead.order_by().values_list("count_key").annotate(total=-models.Count("*"))
    return changes.union(waiting, all=True)


def add_up(counts: Iterable[tuple[list[str], int]]) -> Counter[Key]:
    """The counts by their keys."""
    total = Counter[Key]()
    for key, number in counts:
        total[tuple(key)] += number
    return total


def fold_counts() -> None:
    """Makes one row of many for each count, once there are many; what is counted stays the same at any moment."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, [MOST_UNFOLDED])


def mend_counts() -> int:
    """Counts everything anew and returns how many counts were wrong: nothing but a restore or a fault makes one so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_mend_counts()")
        mended: int = cursor.fetchone()[0]
    return mended
