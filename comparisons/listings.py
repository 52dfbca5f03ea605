"""What lists filter and sort by: one narrow row for each tool and pair, of which indexes hold every order."""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Q, Subquery
from django.db.models.functions import Now

from catalog.models import Category, Tool

# How many tools are made sure of at once, so that memory does not grow with the catalog.
BATCH = 5_000


class ListingQuerySet(models.QuerySet[Any]):
    def published(self) -> Self:
        """What lists show, by PostgreSQL's clock: what is scheduled appears by itself."""
        return self.filter(is_listed=True, public_at__lte=Now())


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


def _listed(*keys: Any, name: str) -> models.Index:
    """Lists end each order with the row itself."""
    return models.Index(*keys, condition=Q(is_listed=True), name=name)


class ListedTool(Listing):
    """A tool as lists, facets and rankings will look for it; until then it is what those who list its pairs wait for."""

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

    def __str__(self) -> str:
        return f"{len(self.tool_ids)} tools"


def mend_listings() -> int:
    """Makes every row what it should be, and returns how many were not: nothing but a restore or a fault makes one so."""
    with connection.cursor() as cursor:
        mended = 0
        for ids in _batches():
            cursor.execute("SELECT comparisons_list_tools(%s)", [ids])
            mended += cursor.fetchone()[0]
    return mended


def _batches() -> Iterator[list[Any]]:
    after = None
    while True:
        tools = Tool.objects.order_by("pk").values_list("pk", flat=True)
        ids = list((tools.filter(pk__gt=after) if after else tools)[:BATCH])
        if not ids:
            return
        yield ids
        after = ids[-1]
