"""Brings a catalog file into the database, all of it or nothing, and tells what that changed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import BinaryIO, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from backend.admin.workflow import Move, refusal_of_step, steps_of
from backend.api.attribution import attributed
from backend.api.outages import met_outage
from backend.api.quoting import quoted
from catalog.models import Category, Condition, Tool, ToolAlias, ToolFit
from catalog.workflow import ITEM_MOVES, OPINION_MOVES, UNPUBLISHED
from comparisons.catalog_file.fits import FitLists, pair_fits, plan_conditions, tool_fits
from comparisons.catalog_file.format import (
    CATEGORY_COLUMNS,
    COMPARISON_COLUMNS,
    CONDITION_COLUMNS,
    HEAD_TO_HEAD_COLUMNS,
    PRICING_COLUMNS,
    REVIEW_COLUMNS,
    REVIEWER_COLUMNS,
    TOOL_COLUMNS,
    Catalog,
    Row,
    read_catalog,
)
from comparisons.catalog_file.head_to_heads import HeadToHeadPlan, neighbours
from comparisons.catalog_file.reading import CatalogFileError, Json, Problems
from comparisons.catalog_file.review_matching import asked_of, pair_up, says_what_was_retracted, status_of
from comparisons.catalog_file.roster import Roster
from comparisons.catalog_file.tool_pairs import is_any_pair, pair_of
from comparisons.catalog_file.tool_slugs import ToolSlugs
from comparisons.catalog_file.upsert import (
    BATCH_SIZE,
    Change,
    Count,
    Table,
    Taken,
    assign,
    locked,
    tell_nobody,
)
from comparisons.models import Comparison, PairFit, pair_slug
from reviews.models import HeadToHead, Review, Reviewer

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
    on_taken: Callable[[Taken], object] = tell_nobody,
    batch_size: int = BATCH_SIZE,
) -> ImportReport:
    """Raises CatalogFileError, with the file's problems, and then has written nothing.

    An outage of the database (`backend.api.outages`), such as another import that takes long, is no problem of the
    file: its own error is raised, and the same file can be taken later.

    `on_progress` is told how many steps were just done, and of how many once the file was read. Memory holds
    `batch_size` rows of a kind, and of each tool its slugs and its name. The number of queries grows by a fixed number
    for each batch. Imports wait for each other. A dry run writes too, so that the database has its say, and then rolls
    back. The history of each row that changes tells `why`, and `actor`, a user's name. `on_taken` is told of each row that
    is new or changes, with its values.
    """
    with read_catalog(source, on_row=lambda: on_progress(1, None)) as catalog:
        return import_rows(
            catalog,
            now=now,
            why=why,
            actor=actor,
            is_dry_run=is_dry_run,
            on_progress=on_progress,
            on_taken=on_taken,
            batch_size=batch_size,
        )


def import_rows(
    catalog: Catalog,
    *,
    now: datetime,
    why: str,
    actor: str,
    is_dry_run: bool,
    on_progress: Callable[[int, int | None], object],
    on_taken: Callable[[Taken], object],
    batch_size: int = BATCH_SIZE,
) -> ImportReport:
    """The import of a file that was read: for who must not hold a transaction while it is."""
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
        self._slugs = ToolSlugs(self.errors, self.warnings)
        self._categories = Table("categories", Category, CATEGORY_COLUMNS, batch_size, on_taken)
        self._reviewers = Table("reviewers", Reviewer, REVIEWER_COLUMNS, batch_size, on_taken)
        self._roster = Roster(self._reviewers)
        self._conditions = Table("conditions", Condition, CONDITION_COLUMNS, batch_size, on_taken)
        self._condition_ids: dict[str, UUID] = {}
        self._condition_slugs: dict[UUID, str] = {}
        self._category_slugs: dict[UUID, str] = {}
        self._tools = Table(
            "tools",
            Tool,
            {"slug": "slug"}
            | TOOL_COLUMNS
            | {f"pricing.{key}": column for key, column in PRICING_COLUMNS.items()},
            batch_size,
            on_taken,
        )
        self._reviews = Table("reviews", Review, REVIEW_COLUMNS, batch_size, on_taken)
        self._head_to_heads = Table("head_to_head", HeadToHead, HEAD_TO_HEAD_COLUMNS, batch_size, on_taken)
        self._answers = HeadToHeadPlan(
            self._head_to_heads,
            self._slugs,
            self.errors,
            refuse_second_live=self._refuse_second_live,
            refuse_bad_state=self._refuse_bad_state,
        )
        self._tool_fits = FitLists(ToolFit, "tool_id", batch_size)
        self._pair_fits = FitLists(PairFit, "comparison_id", batch_size)
        self._pair_places: dict[frozenset[UUID], str] = {}
        self._comparisons = Table("comparisons", Comparison, COMPARISON_COLUMNS, batch_size, on_taken)

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
        category_ids = self._plan_categories(self._catalog.categories)
        reviewer_ids = self._roster.take(list(self._distinct(self._catalog.reviewers)))
        conditions = self._distinct(self._catalog.conditions)
        self._condition_ids = plan_conditions(conditions, self._conditions, self.errors)
        self._condition_slugs = {condition_id: slug for slug, condition_id in self._condition_ids.items()}
        write()
        self._category_slugs = {category_id: slug for slug, category_id in category_ids.items()}
        self._plan_tools(category_ids, reviewer_ids, write)
        self.warnings += self._roster.warnings()
        for groups in _batches(neighbours(self._catalog.head_to_head), self._batch_size):
            self._answers.take(chain.from_iterable(groups), reviewer_ids, self._roster.inactive)
            write()
        for rows in _batches(self._catalog.comparisons, self._batch_size):
            self._plan_comparisons(rows)
            write()

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

    def _plan_tools(
        self,
        category_ids: Mapping[str, UUID],
        reviewer_ids: Mapping[str, UUID],
        write: Callable[[], None],
    ) -> None:
        names = self._slugs.read()
        keys = self._slugs.match(self._distinct(self._catalog.tools))
        claims = {key.slug: f"is the slug of {key.place}" for key in keys.values()}
        places: dict[UUID, str] = {}
        slugs: dict[UUID, str] = {}
        rows = (row for row in self._catalog.tools if row.place in keys)
        for batch in _batches(rows, self._batch_size):
            present = {
                tool.id: tool
                for tool in locked(
                    Tool.objects.filter(
                        id__in=[keys[row.place].tool_id for row in batch if not keys[row.place].is_new]
                    ).defer("search")
                )
            }
            self._tool_fits.read([keys[row.place].tool_id for row in batch if "fits" in row.values])
            tools = []
            for row in batch:
                key = keys[row.place]
                if key.tool_id in places:
                    self.errors += [f"{row.place}.slug: means the same tool as {places[key.tool_id]}"]
                    continue
                places[key.tool_id] = row.place
                tool = present.get(key.tool_id) or Tool(
                    id=key.tool_id, slug=key.slug, status=Tool.Status.PUBLISHED
                )
                self._plan_tool(tool, row, category_ids, claims)
                slugs[tool.id], names[tool.id] = tool.slug, tool.name
                tools.append((row, tool))
            self._plan_reviews(tools, reviewer_ids)
            write()
        self._slugs.note(keys.values(), slugs)
        self._slugs.warn_of_same_names(names, places)

    def _plan_tool(
        self, tool: Tool, row: Row, category_ids: Mapping[str, UUID], claims: dict[str, str]
    ) -> None:
        before = None if tool._state.adding else tool.status
        changed = [
            *self._slugs.take_slug(tool, row),
            *assign(
                tool,
                self._tool_values(row, category_ids),
                self._tools.columns,
                slugs=self._category_slugs,
            ),
            *self._publish(tool, row, before),
            *self._slugs.take_aliases(tool, row, claims),
            *self._take_tool_fits(tool, row),
        ]
        if row.is_whole and (tool.pricing_starts_at is None) != (tool.pricing_currency is None):
            self.errors += [f"{row.place}.pricing: an amount and its currency come together"]
        self._tools.take(tool, tool.slug, changed)

    def _tool_values(self, row: Row, category_ids: Mapping[str, UUID]) -> dict[str, Json]:
        """As columns take them: the category by its id, and the slug left to `_take_slug`."""
        values = {key: value for key, value in row.values.items() if key not in {"slug", "category"}}
        if "category" in row.values:
            slug = row.values["category"]
            if slug in category_ids:
                values["category"] = category_ids[slug]
            else:
                self.errors += [f"{row.place}.category: no category is called {quoted(slug)}"]
        return values

    def _publish(self, item: Tool | Comparison, row: Row, before: str | None) -> Iterator[str]:
        """What is public has a date: now, unless the file gives one."""
        if self._refuses_step(before, item.status, ITEM_MOVES, row):
            return
        if item.status not in UNPUBLISHED and item.published_at is None:
            if "published_at" in row.values:
                self.errors += [f"{row.place}.published_at: only a draft can do without"]
                return
            item.published_at = self._now
            yield "published_at"
        self._refuse(item.refuse_way_back, row)

    def _refuse(self, rule: Callable[[], None], row: Row) -> None:
        """As the admin's forms do; the database would refuse the whole batch."""
        try:
            rule()
        except ValidationError as error:
            self.errors += [f"{row.place}.{field}: {words[0]}" for field, words in error.message_dict.items()]

    def _refuses_step(self, before: str | None, after: str, moves: Iterable[Move], row: Row) -> bool:
        """`before` is the state of a row that is stored: new ones may have any."""
        if before in (None, after) or (before, after) in steps_of(moves):
            return False
        self.errors += [f"{row.place}.status: {refusal_of_step(before or '', after)}"]
        return True

    def _take_tool_fits(self, tool: Tool, row: Row) -> Iterator[str]:
        if "fits" not in row.values:
            return
        wanted = tool_fits(row, tool.id, self._condition_ids, self.errors)
        yield from self._tool_fits.take(tool.id, wanted, {**self._condition_slugs, tool.id: tool.slug})

    def _plan_reviews(self, tools: Iterable[tuple[Row, Tool]], reviewer_ids: Mapping[str, UUID]) -> None:
        present = defaultdict(list)
        reviewed = [tool.id for row, tool in tools if row.reviews and not tool._state.adding]
        for review in locked(Review.objects.filter(tool_id__in=reviewed)):
            present[review.tool_id, review.reviewer_id].append(review)

        for row, tool in tools:
            by_reviewer = defaultdict(list)
            for review_row in row.reviews:
                by_reviewer[review_row.values["reviewer"]].append(review_row)
            for slug, rows in by_reviewer.items():
                reviewer_id = reviewer_ids.get(slug)
                if reviewer_id is None:
                    self.errors += [
                        f"{row.place}.reviewer: no reviewer is called {quoted(slug)}" for row in rows
                    ]
                    continue
                self._refuse_second_live(rows, "reviews this tool")
                stored = present[tool.id, reviewer_id]
                for review_row, said in pair_up(rows, stored, REVIEW_COLUMNS):
                    # What a file does not say of a new review claims the least.
                    item = said or Review(
                        tool=tool,
                        reviewer_id=reviewer_id,
                        status=Review.Status.PUBLISHED,
                        basis=Review.Basis.SYNTHETIC,
                    )
                    before = said.status if said else None
                    is_retracted = says_what_was_retracted(review_row, stored, REVIEW_COLUMNS)
                    changed = assign(item, asked_of(item, review_row), REVIEW_COLUMNS)
                    self._refuse_bad_state(item, review_row, before, is_retracted)
                    self._reviews.take(item, f"{tool.slug}/{slug}", changed)

    def _refuse_second_live(self, rows: Iterable[Row], does: str) -> None:
        live = [row for row in rows if status_of(row) == Review.Status.PUBLISHED]
        for row in live[1:]:
            slug = quoted(row.values["reviewer"])
            self.errors += [f"{row.place}.reviewer: {slug} {does} already at {live[0].place}"]

    def _refuse_bad_state(
        self, item: Review | HeadToHead, row: Row, before: str | None, is_retracted: bool
    ) -> None:
        """`is_retracted` says whether a stored one that was retracted has these words: no file publishes them again."""
        published = Review.Status.PUBLISHED
        if is_retracted and item.status == published and before != published:
            refusal = refusal_of_step(Review.Status.RETRACTED, published)
            self.errors += [f"{row.place}.status: {refusal} Bring it back to review on its page."]
        self._refuses_step(before, item.status, OPINION_MOVES, row)
        if not item.basis and item.status not in UNPUBLISHED:
            self.errors += [f"{row.place}.basis: only a draft can do without"]
        # Evidence that the schema refused is told already.
        if row.is_whole:
            self._refuse(item.refuse_missing_evidence, row)
        self._refuse(item.refuse_way_back, row)

    def _plan_comparisons(self, rows: Iterable[Row]) -> None:
        pairs = [(row, pair_of(row, self._slugs, self.errors)) for row in rows]
        present = self._present_pairs(pair for _, pair in pairs if len(pair) == 2)
        self._pair_fits.read(
            [present[pair].id for row, pair in pairs if "fits" in row.values and pair in present]
        )
        for row, pair in pairs:
            if len(pair) < 2:
                continue
            if pair in self._pair_places:
                self.errors += [f"{row.place}.tools: this pair stands already at {self._pair_places[pair]}"]
                continue
            self._pair_places[pair] = row.place
            # In either order: the database puts them in that of their slugs.
            first, second = pair
            comparison = present.get(pair) or Comparison(
                first_tool_id=first, second_tool_id=second, status=Comparison.Status.PUBLISHED
            )
            before = None if comparison._state.adding else comparison.status
            changed = [
                *assign(comparison, row.values, COMPARISON_COLUMNS),
                *self._publish(comparison, row, before),
                *self._take_pair_fits(comparison, row),
            ]
            self._comparisons.take(
                comparison, pair_slug(self._slugs.current[first], self._slugs.current[second]), changed
            )

    def _take_pair_fits(self, comparison: Comparison, row: Row) -> Iterator[str]:
        if "fits" not in row.values:
            return
        wanted = pair_fits(row, comparison, self._slugs.tool_ids, self._condition_ids, self.errors)
        tools = {
            tool_id: self._slugs.current[tool_id]
            for tool_id in (comparison.first_tool_id, comparison.second_tool_id)
        }
        yield from self._pair_fits.take(comparison.id, wanted, {**self._condition_slugs, **tools})

    def _present_pairs(self, pairs: Iterable[frozenset[UUID]]) -> dict[frozenset[UUID], Comparison]:
        """Those that the database has, whichever tool stands first."""
        return {
            frozenset([comparison.first_tool_id, comparison.second_tool_id]): comparison
            for comparison in locked(Comparison.objects.filter(is_any_pair(pairs)))
        }

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


def _batches(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch


def _in_words(error: DatabaseError) -> str:
    return f"database: {str(error).splitlines()[0]}"
