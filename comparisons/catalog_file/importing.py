"""Brings a catalog file into the database, all of it or nothing, and tells what that changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import BinaryIO, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from backend.api.attribution import attributed
from backend.api.outages import met_outage
from backend.api.quoting import quoted
from backend.api.transactions import retry_after_deadlock
from catalog.models import Category, Condition, Tool, ToolAlias, ToolFit
from comparisons.catalog_file.fits import FitLists, plan_conditions
from comparisons.catalog_file.format import (
    ALL_TOOL_COLUMNS,
    CATEGORY_COLUMNS,
    COMPARISON_COLUMNS,
    CONDITION_COLUMNS,
    HEAD_TO_HEAD_COLUMNS,
    REVIEW_COLUMNS,
    REVIEWER_COLUMNS,
    Catalog,
    Row,
    read_catalog,
)
from comparisons.catalog_file.head_to_heads import HeadToHeadPlan, neighbours
from comparisons.catalog_file.pairs import PairPlan
from comparisons.catalog_file.reading import CatalogFileError, Problems
from comparisons.catalog_file.reviews import ReviewPlan
from comparisons.catalog_file.roster import Roster
from comparisons.catalog_file.row_rules import RowRules
from comparisons.catalog_file.tool_slugs import ToolSlugs
from comparisons.catalog_file.tools import ToolPlan
from comparisons.catalog_file.upsert import (
    BATCH_SIZE,
    Change,
    Count,
    SlugIds,
    Table,
    Taken,
    analyze,
    assign,
    locked,
    tell_nobody,
)
from comparisons.models import Comparison, PairFit, PairPanel
from reviews.models import HeadToHead, Panel, Review, Reviewer

ItemT = TypeVar("ItemT")


@dataclass(frozen=True)
class ImportReport:
    """Warnings are for a person to look at: the import itself never guesses."""

    counts: Mapping[str, Count]
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not any(count.created or count.updated for count in self.counts.values())


def import_catalog(
    *,
    source: BinaryIO,
    now: datetime,
    why: str = "",
    actor: str = "",
    is_dry_run: bool = False,
    on_progress: Callable[[int, int | None], object] = lambda done, total: None,
    batch_size: int = BATCH_SIZE,
) -> ImportReport:
    """Raises CatalogFileError, with the file's problems, and then has written nothing.

    An outage of the database (`backend.api.outages`), such as another import that takes long, is no problem of the
    file: its own error is raised, and the same file can be taken later.

    `on_progress` is told how many steps were just done, and of how many once the file was read. Memory holds
    `batch_size` rows of a kind, and of each tool its slugs and its name. The number of queries grows by a fixed number
    for each batch. Imports wait for each other. A dry run writes too, so that the database has its say, and then rolls
    back. The history of each row that changes tells `why`, and `actor`, a user's name.

    Where it meets a writer who waits for it in turn, and PostgreSQL ends it, it begins anew.
    """
    with read_catalog(source, on_row=lambda: on_progress(1, None)) as catalog:
        return retry_after_deadlock(
            lambda: import_rows(
                catalog,
                now=now,
                why=why,
                actor=actor,
                is_dry_run=is_dry_run,
                on_progress=on_progress,
                batch_size=batch_size,
            )
        )


def import_rows(
    catalog: Catalog,
    *,
    now: datetime,
    why: str,
    actor: str,
    is_dry_run: bool,
    on_progress: Callable[[int, int | None], object],
    on_taken: Callable[[Taken], object] = tell_nobody,
    batch_size: int = BATCH_SIZE,
) -> ImportReport:
    """The import of a file that was read: for who must not hold a transaction while it is.

    `on_taken` is told of each row that is new or changes, with its values.
    """
    try:
        with attributed(source="import_catalog", actor=actor, why=why):
            hold_import_lock()
            run = _Import(
                catalog,
                now,
                batch_size,
                # Each row is a step when it is read, and again when it is written or found unchanged.
                on_rows=lambda done: on_progress(done, 2 * catalog.count),
                on_taken=on_taken,
            )
            run.all_rows()
            if run.errors:
                raise CatalogFileError(run.errors)
            if is_dry_run:
                transaction.set_rollback(True)
    except DatabaseError as error:
        if met_outage(error):
            raise
        raise CatalogFileError([_in_words(error)]) from error
    return run.report()


def hold_import_lock() -> None:
    """Waits until no other transaction holds it; it is let go when this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('comparisons.import', 0))")


class _Import:
    """Goes through the rows batch by batch: each beside what the database holds of it, and then written.

    After the first problem nothing more is written, but every row is still looked at.
    """

    def __init__(
        self,
        catalog: Catalog,
        now: datetime,
        batch_size: int,
        *,
        on_rows: Callable[[int], object],
        on_taken: Callable[[Taken], object] = tell_nobody,
    ) -> None:
        self.errors = Problems()
        self.errors += catalog.errors
        self.warnings: list[str] = []
        self._catalog = catalog
        self._now = now
        self._batch_size = batch_size
        self._on_rows = on_rows
        self._categories = Table("categories", Category, CATEGORY_COLUMNS, batch_size, on_taken)
        self._reviewers = Table("reviewers", Reviewer, REVIEWER_COLUMNS, batch_size, on_taken)
        self._roster = Roster(self._reviewers)
        self._conditions = Table("conditions", Condition, CONDITION_COLUMNS, batch_size, on_taken)
        self._tools = Table("tools", Tool, ALL_TOOL_COLUMNS, batch_size, on_taken)
        self._tool_fits = FitLists(ToolFit, "tool_id", batch_size)
        self._reviews = Table("reviews", Review, REVIEW_COLUMNS, batch_size, on_taken)
        self._head_to_heads = Table("head_to_head", HeadToHead, HEAD_TO_HEAD_COLUMNS, batch_size, on_taken)
        self._comparisons = Table("comparisons", Comparison, COMPARISON_COLUMNS, batch_size, on_taken)
        self._pair_fits = FitLists(PairFit, "comparison_id", batch_size)
        self._slugs = ToolSlugs(self.errors, self.warnings)

    def all_rows(self) -> None:
        before = transaction.savepoint()
        try:
            self._write_rows(self._write)
            if not self.errors:
                self._roster.let_leave()
        except DatabaseError as error:
            if met_outage(error):
                raise
            # What the database refuses is one problem; the others are in the file, and are told with it.
            transaction.set_rollback(False)
            transaction.savepoint_rollback(before)
            again = _Import(self._catalog, self._now, self._batch_size, on_rows=lambda done: None)
            again._write_rows(lambda: None)
            self.errors = again.errors
            self.errors += [_in_words(error)]

    def _write_rows(self, write: Callable[[], None]) -> None:
        """Plans each batch, and calls `write` before the next."""
        rules = RowRules(self.errors, self._now)
        categories = SlugIds(self._plan_categories(self._catalog.categories))
        reviewer_ids = self._roster.take(list(self._distinct(self._catalog.reviewers)))
        rows = self._distinct(self._catalog.conditions)
        conditions = SlugIds(plan_conditions(rows, self._conditions, self.errors))
        write()

        tools = ToolPlan(self._tools, self._tool_fits, self._slugs, rules, self.errors)
        reviews = ReviewPlan(self._reviews, rules, self.errors)
        found = tools.find(self._distinct(self._catalog.tools))
        for batch in self._batches(row for row in self._catalog.tools if row.place in found):
            reviews.take(tools.take(batch, categories, conditions), reviewer_ids)
            write()
        tools.finish()
        self.warnings += self._roster.warnings()

        answers = HeadToHeadPlan(self._head_to_heads, self._slugs, rules, self.errors)
        for groups in self._batches(neighbours(self._catalog.head_to_head)):
            answers.take(chain.from_iterable(groups), reviewer_ids, self._roster.inactive)
            write()

        pairs = PairPlan(self._comparisons, self._pair_fits, self._slugs, rules, self.errors)
        for batch in self._batches(self._catalog.comparisons):
            pairs.take(batch, conditions)
            write()

    def _batches(self, items: Iterable[ItemT]) -> Iterator[list[ItemT]]:
        """The items, some at a time; between them PostgreSQL is told how many rows there are by now."""
        items, number = iter(items), 0
        while batch := list(islice(items, self._batch_size)):
            yield batch
            # After the second, the fourth, the eighth and so on: the cost of all stays a part of what is written.
            number += 1
            if number > 1 and number.bit_count() == 1:
                analyze(Tool, ToolFit, Review, Panel, HeadToHead, Comparison, PairPanel)

    def _write(self) -> None:
        """What was planned since the last time."""
        if self.errors:
            return
        for table in (self._categories, self._reviewers, self._conditions, self._tools):
            table.write(self._on_rows)
        self._tool_fits.write()
        ToolAlias.objects.bulk_create(self._slugs.new_aliases, batch_size=self._batch_size)
        self._slugs.new_aliases.clear()
        self._reviews.write(self._on_rows)
        self._head_to_heads.write(self._on_rows)
        self._comparisons.write(self._on_rows)
        self._pair_fits.write()

    def report(self) -> ImportReport:
        tables = (
            *(self._categories, self._reviewers, self._conditions, self._tools),
            *(self._reviews, self._head_to_heads, self._comparisons),
        )
        return ImportReport(
            counts={table.kind: table.count for table in tables},
            changes=tuple(change for table in tables for change in table.changes),
            warnings=tuple(self.warnings),
        )

    def _plan_categories(self, rows: Iterable[Row]) -> dict[str, UUID]:
        by_slug = {category.slug: category for category in locked(Category.objects.all())}
        for row in self._distinct(rows):
            slug = row.values["slug"]
            category = by_slug.setdefault(slug, Category(slug=slug))
            self._categories.take(category, slug, assign(category, row.values, CATEGORY_COLUMNS))
        return {slug: category.id for slug, category in by_slug.items()}

    def _distinct(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows without those whose slug stood before."""
        places: dict[str, str] = {}
        for row in rows:
            slug = row.values["slug"]
            if slug in places:
                self.errors += [f"{row.place}.slug: {quoted(slug)} stands already at {places[slug]}"]
            else:
                places[slug] = row.place
                yield row


def _in_words(error: DatabaseError) -> str:
    return f"database: {str(error).splitlines()[0]}"
