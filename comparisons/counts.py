"""How many tools and pairs lists show, as the database counts them by what they are filtered by most."""

from collections import Counter
from collections.abc import Collection, Sequence

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from backend.api.counts import Key, add_up, as_key, kept_counts
from backend.api.models import CountChange
from backend.api.prepared import Prepared
from catalog.models import Category
from comparisons.listings import ListedPair, ListedTool, ListingQuerySet
from comparisons.rules import MIN_PANEL

# What tools are counted by, by the names of the filters: a tool has one of each.
OF_TOOLS = ("category", "entry", "call")


TOOLS = Prepared(
    lambda: kept_counts(
        "listed_tools", ahead=ListedTool.objects.scheduled().annotate(count_key=as_key(*OF_TOOLS))
    )
)
PAIRS = Prepared(
    lambda: kept_counts(
        "listed_pairs",
        ahead=ListedPair.objects.scheduled().annotate(
            count_key=as_key("first_category", "second_category", "outcome")
        ),
    )
)


def tools_by_values() -> Counter[Key]:
    """How many tools each category (by its id), entry price and call have together; one query."""
    return add_up(TOOLS.rows())


def count_tools(*, category: Collection[str], entry: Collection[str], call: Collection[str]) -> int:
    """How many tools have one of the values of each filter, where it has any; two queries at most."""
    ids = _ids_of(category)
    return sum(
        number
        for (category_id, *values), number in tools_by_values().items()
        if (not category or category_id in ids)
        and all(value in asked for value, asked in zip(values, (entry, call), strict=True) if asked)
    )


def pairs_by_values() -> Counter[Key]:
    """How many pairs the categories of both tools, in their order, and the outcome have together; one query."""
    return add_up(PAIRS.rows())


def count_pairs(*, category: Collection[str], outcome: Collection[str]) -> int:
    """The same of pairs, of which a category is that of either side."""
    ids = _ids_of(category)
    return sum(
        number
        for (first, second, stored), number in pairs_by_values().items()
        if (not category or first in ids or second in ids) and (not outcome or stored in outcome)
    )


class Ranked:
    """How many tools a ranking is about, by columns of theirs: all of them, or those of some categories."""

    def __init__(self, name: str, columns: Sequence[str], of: Q) -> None:
        self._name, self._columns, self._of = name, columns, of
        self._all = Prepared(lambda: kept_counts(name, ahead=self._ahead()))
        self._some = Prepared(self._in_categories)

    def counts(self, category: Collection[str]) -> Counter[Key]:
        """One query."""
        return add_up(self._some.rows(category=list(category)) if category else self._all.rows())

    def _ahead(self) -> ListingQuerySet:
        rows = ListedTool.objects.filter(self._of).scheduled()
        ahead: ListingQuerySet = rows.annotate(count_key=as_key(*self._columns))
        return ahead

    def _in_categories(self, category: Sequence[str]) -> QuerySet[CountChange, tuple[list[str], int]]:
        shelves = Category.objects.filter(slug__in=category)
        texts = shelves.annotate(text=Cast("pk", TextField())).values("text")
        ahead = self._ahead().filter(category__in=shelves.values("pk"))
        return kept_counts(self._name, ahead=ahead, of=Q(key__0__in=texts))


BY_PANEL = Ranked("ranked_by_panel", ("category", "panel_percent"), Q(panel_total__gte=MIN_PANEL))
BY_CROWD = Ranked("ranked_by_crowd", ("category",), Q(crowd_low__isnull=False))


def ranked_by_panel(category: Collection[str]) -> Counter[int]:
    """How many tools of a ranking by the panel, of these categories or of all, have each percentage; one query."""
    percents = Counter[int]()
    for (_, percent), number in BY_PANEL.counts(category).items():
        percents[int(percent)] += number
    return percents


def count_ranked_by_crowd(category: Collection[str]) -> int:
    """How many tools a ranking by the crowd is about; one query."""
    return BY_CROWD.counts(category).total()


def _ids_of(category: Collection[str]) -> set[str]:
    return set(map(str, Category.objects.ids_of(category))) if category else set()
