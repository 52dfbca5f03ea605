"""Reads of the catalog, as phrases.

Rows are Any: they carry what a read annotates, which no type of a model knows.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery, SearchVectorField, TrigramWordSimilarity
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Collate, JSONObject, Length, Now
from django.db.models.sql.compiler import SQLCompiler
from psycopg import sql

from backend.api.counts import kept_count, number_of

# Of the three-letter pieces of what was typed, so many are the name's: "chatgtp" has five of its eight in ChatGPT.
MIN_LIKENESS = 0.5
MIN_LETTERS = 4

# After so many days a price is looked at again.
PRICE_DAYS = 90

# What catalog/sql/search.sql indexes of a name alone.
NAME_WORDS = Func(F("name"), function="catalog_search_name", output_field=SearchVectorField())


class CategoryQuerySet(models.QuerySet[Any]):
    def ids_of(self, slugs: Iterable[str]) -> list[UUID]:
        """The ids of categories with these slugs: one query."""
        return list(self.filter(slug__in=slugs).values_list("pk", flat=True))

    def with_sort_key(self) -> Self:
        """Adds `sort_key`, as tools have one: there are too few categories for a column of it."""
        return self.annotate(sort_key=Collate(Func("name", function="catalog_sort_key"), "C"))

    def with_tool_count(self) -> Self:
        """Adds `tool_count`, the tools that lists show: those that the database counted, less those that are scheduled."""
        tools = self.model._meta.get_field("tools").related_model.objects
        scheduled = tools.scheduled().filter(category=OuterRef("pk"))
        return self.annotate(tool_count=kept_count("tools", "pk") - number_of(scheduled))


class ConditionQuerySet(models.QuerySet[Any]):
    def with_sort_key(self) -> Self:
        """Adds `sort_key`, as categories have it."""
        return self.annotate(sort_key=Collate(Func("name", function="catalog_sort_key"), "C"))

    def with_tool_count(self) -> Self:
        """Adds `tool_count`, the tools that lists show: those that the database counted, less those that are scheduled.

        Its cost grows with the scheduled tools, which are few, and not with the others.
        """
        # What was public can't be dated ahead, so the index of the tools' dates finds these.
        ahead = Q(tool__status="published", tool__published_at__gt=Now(), tool__public_at__gt=Now())
        scheduled = self._fits.filter(ahead, condition=OuterRef("pk")).order_by().values("condition")
        return self.annotate(
            tool_count=F("count__tools")
            - Coalesce(Subquery(scheduled.annotate(tools=Count("pk")).values("tools")), Value(0))
        )

    def of_the_same_words(self, name: str) -> Self:
        """Conditions that say the same, but for case, accents and punctuation."""
        of_column, of_text = (
            Func(words, function="catalog_search_words", output_field=ArrayField(models.TextField()))
            for words in (F("name"), Value(storable(name)))
        )
        return self.annotate(words=of_column).filter(words=of_text)

    @property
    def _fits(self) -> "FitQuerySet":
        # Since catalog.models imports this module.
        fits: FitQuerySet = self.model._meta.apps.get_model("catalog", "ToolFit").objects.all()
        return fits


class FitQuerySet(models.QuerySet[Any]):
    def in_order(self) -> Self:
        """As curators put them."""
        return self.order_by("position", "id")

    def as_rows(self, **more: str) -> ArraySubquery:
        """All of them as one column, which `catalog.fits.read_fits` reads: another query reads them along.

        `more` are columns beside those that it reads.
        """
        return ArraySubquery(
            self.in_order().values(
                row=JSONObject(
                    slug="condition__slug",
                    name="condition__name",
                    note="note",
                    evidence="evidence",
                    checked_on="checked_on",
                    changed_at="condition__updated_at",
                    **more,
                )
            )
        )


class ToolQuerySet(models.QuerySet[Any]):
    def published(self) -> Self:
        """What lists and rankings show."""
        return self.visible().filter(status="published")

    def scheduled(self) -> Self:
        """What lists will show from a moment to come; few, which an index of the moments finds."""
        return self.filter(status="published", public_at__gt=Now())

    def visible(self) -> Self:
        """What may be read by its slug: an archived tool leaves the lists, but its pages stay.

        By PostgreSQL's clock: what is scheduled appears by itself.
        """
        return self.filter(public_at__lte=Now())

    def releases_of(self, product: str) -> Self:
        """Tools that name this product, in whatever case; none of no name."""
        return self.exclude(product="").filter(product__iexact=product)

    def with_stale_price(self, *, today: date) -> Self:
        """Tools whose price was last looked at PRICE_DAYS ago, or never."""
        stale_from = today - timedelta(days=PRICE_DAYS)
        return self.filter(Q(pricing_checked_on=None) | Q(pricing_checked_on__lte=stale_from))

    def with_fits(self) -> Self:
        """Adds `fit_rows`, the conditions under which a tool is the right one; no query more."""
        fits = self.model._meta.get_field("fits").related_model.objects
        return self.annotate(fit_rows=fits.filter(tool=OuterRef("pk")).as_rows())

    def with_slugs(self, slugs: Iterable[str]) -> Self:
        """Tools that have, or once had, one of these slugs."""
        slugs = list(slugs)
        # From the model, since catalog.models imports this module.
        aliases = self.model._meta.get_field("aliases").related_model.objects
        # Two lookups by an index each; an OR of both would read the whole table.
        by_slug = self.model.objects.filter(slug__in=slugs).order_by().values("pk")
        by_alias = aliases.filter(slug__in=slugs).order_by().values("tool")
        return self.filter(pk__in=by_slug.union(by_alias))

    def ids_of(self, slugs: Iterable[str]) -> list[UUID]:
        """The ids of tools that have, or once had, one of these slugs: one query."""
        return list(self.with_slugs(slugs).values_list("pk", flat=True))

    def closest_name(self, text: str) -> str | None:
        """The name that looks most like a text with a typing error; None where none does, or pg_trgm isn't installed.

        Two queries; one without pg_trgm, which is optional.
        """
        # Of fewer letters than these a typing error leaves too little to go by.
        if len("".join(search_words(text))) < MIN_LETTERS:
            return None
        with connections[self.db].cursor() as cursor:
            cursor.execute("SELECT FROM pg_extension WHERE extname = 'pg_trgm'")
            if not cursor.rowcount:
                return None
        likeness = TrigramWordSimilarity(storable(text), "name")
        closest = self.annotate(likeness=likeness).filter(likeness__gte=MIN_LIKENESS)
        by_likeness = closest.order_by("-likeness", Length("name"), "id")
        name: str | None = by_likeness.values_list("name", flat=True).first()
        return name


def search_words(text: str) -> list[str]:
    """What parts at white space and punctuation: at most as many words as the database finds in it."""
    return "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in text).split()


def search_query(text: str) -> SearchQuery:
    """The words as `catalog/sql/search.sql` reads them, every one of which must be found.

    Each may be half typed, be written together with its neighbour, or be another form of an English word.
    """
    query = SearchQuery(SearchedText(storable(text)))
    query.function = "catalog_search_query"
    return query


class SearchedText(Value):
    """A text that is written into the statement rather than sent beside it.

    PostgreSQL soon plans a prepared statement without looking at what is sent, and then takes each word for a rare one:
    of common words it would read and sort every tool that has them.
    """

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        return sql.quote(self.value).replace("%", "%%"), ()


def storable(text: str) -> str:
    """With a space for what PostgreSQL can't hold."""
    return "".join(" " if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)
