"""What lists filter and sort by: one narrow row for each tool and pair, of which indexes hold every order; and what
searches and facets look into."""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import connection, models
from django.db.models import BooleanField, F, Func, Q, Subquery, Value
from django.db.models.expressions import BaseExpression, Combinable, RawSQL
from django.db.models.functions import Coalesce, Now

from backend.api.counts import mend_counts
from backend.api.prepared import MATCHES
from catalog.models import Category, Tool
from comparisons.rules import MIN_PANEL
from votes.models import ABOVE_ALL_BOUNDS, BELOW_ALL_BOUNDS

# How many tools are made sure of at once, so that memory does not grow with the catalog.
BATCH = 5_000


class ListingQuerySet(models.QuerySet[Any]):
    def published(self) -> Self:
        """What lists show, by PostgreSQL's clock: what is scheduled appears by itself."""
        return self.filter(is_listed=True, public_at__lte=Now())

    def scheduled(self) -> Self:
        """What lists will show from a moment to come; few, which an index of the moments of what is listed finds."""
        ahead = Q((f"{self.model._meta.pk.name}__public_at__gt", Now()))
        return self.filter(ahead, is_listed=True, public_at__gt=Now())


def in_categories(column: str, slugs: Sequence[str]) -> Q:
    """That a listing's column is one of these categories, each of which is looked up once and then known to an index."""
    ids = (Category.objects.filter(slug=slug).values("pk") for slug in slugs)
    return reduce(or_, (Q(**{column: Subquery(each)}) for each in ids))


class Listing(models.Model):
    """Kept by the database, which makes it from other tables as a change of these commits (sql/listings.sql)."""

    is_listed = models.BooleanField(help_text="Whether it is published, though it may be scheduled.")
    public_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


# What an index or an order has for a key: a column, or an expression.
Key = str | BaseExpression | Combinable


def _listed(*keys: Key, name: str) -> models.Index:
    """Lists end each order with the row itself."""
    return models.Index(*keys, condition=Q(is_listed=True), name=name)


# An index has the newest tools of each of these steps of votes. The newest of all that have many votes are in none: votes
# gather on old tools, and all the newer ones would be read before them.
VOTE_STEPS = (1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536)


def vote_step() -> Func:
    """How many of VOTE_STEPS a tool's votes reach."""
    steps = ",".join(map(str, VOTE_STEPS))
    return Func(
        "votes",
        function="width_bucket",
        template=f"%(function)s(%(expressions)s, '{{{steps}}}'::int[])",
        output_field=models.IntegerField(),
    )


# What is unknown is neither good nor bad: it comes last, either way. An index holds one way.
BELOW_ALL_PERCENT, ABOVE_ALL_PERCENT = -1, 101
TOOL_ORDERS: dict[str, tuple[Key, ...]] = {
    "publication": ("published_at",),
    "name": ("sort_key",),
    "votes": ("votes",),
    "panel": (Coalesce("panel_percent", Value(BELOW_ALL_PERCENT)),),
    "worst_panel": (Coalesce("panel_percent", Value(ABOVE_ALL_PERCENT)),),
    "crowd": (
        Coalesce("crowd_low", Value(BELOW_ALL_BOUNDS)),
        Coalesce("crowd_high", Value(BELOW_ALL_BOUNDS)),
    ),
    "worst_crowd": (
        Coalesce("crowd_low", Value(ABOVE_ALL_BOUNDS)),
        Coalesce("crowd_high", Value(ABOVE_ALL_BOUNDS)),
    ),
}
RANKED_ORDERS: dict[str, tuple[tuple[str, ...], Q]] = {
    "panel": (("panel_percent", "panel_total"), Q(panel_total__gte=MIN_PANEL)),
    "crowd": (("crowd_low", "crowd_high"), Q(crowd_low__isnull=False)),
}


class ListedTool(Listing):
    """A tool as lists and rankings look for it."""

    # PostgreSQL deletes it with its tool: old code that still runs does not know of it.
    tool = models.OneToOneField(
        Tool, primary_key=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="listing"
    )
    sort_key = models.TextField(db_collation="C")
    category = models.ForeignKey(
        Category, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    entry = models.CharField(max_length=16)
    call = models.CharField(max_length=16)
    panel_percent = models.IntegerField(null=True)
    panel_total = models.IntegerField()
    votes = models.IntegerField()
    crowd_low = models.FloatField(null=True)
    crowd_high = models.FloatField(null=True)

    objects = ListingQuerySet.as_manager()

    class Meta:
        # Each order of all tools, and of those in a category.
        indexes = [
            *(
                _listed(*shelf, *keys, "tool", name=f"{prefix}_tools_by_{order}")
                for prefix, shelf in {"listed": (), "shelved": ("category",)}.items()
                for order, keys in TOOL_ORDERS.items()
            ),
            _listed("entry", "published_at", "tool", name="listed_tools_by_entry"),
            _listed("call", "published_at", "tool", name="listed_tools_by_call"),
            _listed(vote_step(), "published_at", "tool", name="listed_tools_by_vote_step"),
            # Rankings, whose places are counted from the index alone.
            *(
                models.Index(
                    *(*shelf, *keys, "tool"),
                    condition=Q(is_listed=True) & eligible,
                    include=["public_at"],
                    name=f"{prefix}_by_{order}",
                )
                for prefix, shelf in {"ranked_tools": (), "ranked_on_shelf": ("category",)}.items()
                for order, (keys, eligible) in RANKED_ORDERS.items()
            ),
        ]

    def __str__(self) -> str:
        return str(self.tool_id)


def stored_words(column: str) -> Func:
    """A document's words as its indexes have them."""
    return Func(F(column), function="comparisons_stored_words", output_field=SearchVectorField())


# So many matches of a search are sorted, in any other order than relevance. Where there are more, that order is walked, and
# each row looked up among them.
MOST_SORTED = 2_000


class DocumentQuerySet(ListingQuerySet):
    def having(self, query: SearchQuery) -> Self:
        """Those that have the words."""
        return self.alias(stored_words=stored_words("words")).filter(stored_words=query)

    def found_by(self, query: SearchQuery) -> Self:
        """The same by the index of words, however many have them.

        PostgreSQL plans without knowing the words. Of some that all tools have it would look at each tool's, which stand
        apart.
        """
        query.template = "(SELECT %(function)s(%(expressions)s))"
        return self.having(query)

    def named(self, query: SearchQuery) -> Self:
        """Those that have the words in their name."""
        return self.alias(stored_words=stored_words("name_words")).filter(stored_words=query)


# Of statements that begin with MATCHES: all of these, and whether there are more than are sorted.
# S608, S611: no text of anybody's.
MATCHING = RawSQL(f"SELECT id FROM {MATCHES}", ())  # noqa: S608, S611
ARE_MORE = RawSQL(f"EXISTS (SELECT FROM {MATCHES} OFFSET {MOST_SORTED})", (), BooleanField())  # noqa: S611


class SearchDocument(Listing):
    """A tool as searches and facets look for it: its words and what narrows a list, but for votes, which move too often
    (sql/search_documents.sql)."""

    # PostgreSQL deletes it with its tool.
    tool = models.OneToOneField(
        Tool,
        primary_key=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="search_document",
    )
    category = models.ForeignKey(
        Category, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    entry = models.CharField(max_length=16)
    call = models.CharField(max_length=16)
    # Ids of conditions that it fits, and of reviewers who say so in a published review.
    conditions = ArrayField(models.UUIDField())
    shipped_by = ArrayField(models.UUIDField())
    skipped_by = ArrayField(models.UUIDField())
    # As catalog.Tool.search has them, without their places; those of the name alone, too.
    name_words = SearchVectorField()
    words = SearchVectorField()
    # Has PostgreSQL keep words apart from the row.
    ballast = models.TextField()

    objects = DocumentQuerySet.as_manager()

    class Meta:
        indexes = [
            GinIndex(stored_words("words"), name="documents_by_words"),
            GinIndex(stored_words("name_words"), name="documents_by_name_words"),
            GinIndex(fields=["conditions", "shipped_by", "skipped_by"], name="documents_by_opinions"),
            # The newest that have common words. Of all, not of what is listed: PostgreSQL would take that index for one
            # that finds something where only words do.
            models.Index(fields=["published_at", "tool"], name="documents_by_publication"),
            models.Index(fields=["category", "entry", "call"], name="documents_by_values"),
        ]

    def __str__(self) -> str:
        return str(self.tool_id)


class ListedPair(Listing):
    """A pair that an editor made, as lists look for it, with what its tools are found by."""

    # PostgreSQL deletes it with its pair: after the pair, whose row the others lock first.
    comparison = models.OneToOneField(
        "comparisons.Comparison",
        primary_key=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="listing",
    )
    first_tool = models.ForeignKey(
        Tool, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    second_tool = models.ForeignKey(
        Tool, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    first_category = models.ForeignKey(
        Category, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    second_category = models.ForeignKey(
        Category, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    outcome = models.CharField(max_length=16)
    pick_count = models.IntegerField()
    panel_crowd_gap = models.IntegerField()

    objects = ListingQuerySet.as_manager()

    class Meta:
        indexes = [
            _listed("published_at", "comparison", name="listed_pairs_by_publication"),
            _listed("pick_count", "comparison", name="listed_pairs_by_picks"),
            _listed("panel_crowd_gap", "comparison", name="listed_pairs_by_gap"),
            _listed("outcome", "published_at", "comparison", name="listed_pairs_by_outcome"),
            _listed("first_category", "published_at", "comparison", name="listed_pairs_by_category"),
            _listed("second_category", "published_at", "comparison", name="listed_pairs_by_other_category"),
            # Drafts too: the rows of a tool's pairs are made anew with it.
            models.Index(fields=["first_tool", "published_at"], name="listed_pairs_by_first_tool"),
            models.Index(fields=["second_tool", "published_at"], name="listed_pairs_by_second_tool"),
        ]

    def __str__(self) -> str:
        return str(self.comparison_id)


class Relisting(models.Model):
    """Tools whose rows are made anew as a transaction commits. Empty to all but that transaction."""

    tool_ids = ArrayField(models.UUIDField())
    for_search = models.BooleanField(
        default=False, db_default=False, help_text="Whether searches look into what has changed."
    )

    def __str__(self) -> str:
        return f"{len(self.tool_ids)} tools"


def mend_listings() -> int:
    """Makes every row and every count what it should be, and returns how many were not: nothing but a restore or a fault
    makes one so."""
    with connection.cursor() as cursor:
        mended = 0
        for ids in _batches():
            for make in ("comparisons_document_tools", "comparisons_list_tools"):
                cursor.execute(f"SELECT {make}(%s)", [ids])
                mended += cursor.fetchone()[0]
    return mended + mend_counts()


def _batches() -> Iterator[list[UUID]]:
    after = None
    while True:
        tools = Tool.objects.order_by("pk").values_list("pk", flat=True)
        ids = list((tools.filter(pk__gt=after) if after else tools)[:BATCH])
        if not ids:
            return
        yield ids
        after = ids[-1]
