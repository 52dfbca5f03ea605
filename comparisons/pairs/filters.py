"""The list of comparisons: what narrows it, and its order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from django.db.models import BooleanField, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable

from backend.api.pagination import Constant, union
from catalog.models import Tool
from catalog.querysets import search_query
from comparisons.listings import (
    ARE_MORE,
    MATCHING,
    DocumentQuerySet,
    ListedPair,
    ListingQuerySet,
    SearchDocument,
    in_categories,
)
from comparisons.models import Comparison
from comparisons.pairs.selectors import LISTED_PAIRS

SIDES = ("first", "second")


@dataclass(frozen=True, slots=True)
class PairList:
    """The published pairs that pass every filter; an empty filter lets everything through."""

    sort: str = "-published_at"
    q: str = ""
    # Ids, so that an index is read for each side; None: any tool's pairs.
    tools: tuple[UUID, ...] | None = None
    category: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()

    model = Comparison
    rows = LISTED_PAIRS
    columns = MappingProxyType[str, Combinable]({})

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """From a request's parameters; one query where `tool` is given, else none."""
        return cls(
            sort=params["sort"],
            q=params["q"],
            tools=tuple(Tool.objects.ids_of(params["tool"])) if params["tool"] else None,
            category=tuple(params["category"]),
            outcome=tuple(params["outcome"]),
        )

    @property
    def text(self) -> str:
        return self.q

    @property
    def keys(self) -> Sequence[str]:
        return [self.sort]

    @property
    def matches(self) -> QuerySet[Model, object] | None:
        return self._documents().values("pk") if self.q and self.tools is None else None

    def parts(self) -> list[QuerySet[Model]]:
        """Apart what is of either side, for an index is of one, and what few tools match."""
        if self.tools is not None:
            rows = self._shelved()
            if self.q:
                rows = rows.filter(self._having_words())
            return [rows.filter(Q((f"{side}_tool__in", self.tools))) for side in SIDES]
        walked: list[QuerySet[Model]] = [self._listed().filter(shelf) for shelf in self._shelves()] or [
            self._listed()
        ]
        if not self.q:
            return walked
        few = self._shelved().filter(~Q(ARE_MORE))
        return [
            *(few.filter(Q((f"{side}_tool__in", MATCHING))) for side in SIDES),
            *(rows.filter(ARE_MORE, self._either(MATCHING)) for rows in walked),
        ]

    def whole(self) -> QuerySet[Model, object]:
        if self.q and self.tools is None:
            ids = self._documents().values("pk")
            return self._shelved().filter(self._either(ids))
        return union([part.values("pk") for part in self.parts()])

    def _listed(self) -> ListingQuerySet:
        rows = ListedPair.objects.published()
        return rows.filter(outcome__in=list(map(Constant, self.outcome))) if self.outcome else rows

    def _shelves(self) -> list[Q]:
        """That either tool is in one of the categories; none where all will do."""
        return [in_categories(f"{side}_category", self.category) for side in SIDES if self.category]

    def _shelved(self) -> ListingQuerySet:
        return self._listed().filter(reduce(or_, self._shelves(), Q()))

    def _documents(self) -> DocumentQuerySet:
        """Of archived tools, too: their pairs stay public."""
        return SearchDocument.objects.found_by(search_query(self.q))

    def _either(self, ids: object) -> Q:
        return reduce(or_, (Q((f"{side}_tool__in", ids)) for side in SIDES))

    def _having_words(self) -> Q:
        """Looks at the tools of each of a few pairs. Scalars: of EXISTS PostgreSQL would find all tools with the words."""
        documents = SearchDocument.objects.having(search_query(self.q)).values(has_words=Value(True))
        one, other = (
            Subquery(documents.filter(pk=OuterRef(f"{side}_tool")), output_field=BooleanField())
            for side in SIDES
        )
        return Q(one) | Q(other)
