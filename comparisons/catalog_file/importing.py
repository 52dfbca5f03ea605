"""Brings a catalog file into the database, all of it or nothing, and tells what that changed."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from backend.api.quoting import quoted
from catalog.models import Category, Tool, ToolAlias
from comparisons.catalog_file.format import (
    CATEGORY_COLUMNS,
    COMPARISON_COLUMNS,
    PRICING_COLUMNS,
    REVIEW_COLUMNS,
    REVIEWER_COLUMNS,
    TOOL_COLUMNS,
    Catalog,
    CatalogFileError,
    Json,
    Row,
    count_rows,
    parse_json,
    read_catalog,
)
from comparisons.catalog_file.upsert import BATCH_SIZE, Change, Count, Table, assign, differences, locked
from comparisons.models import Comparison, pair_slug
from reviews.models import Review, Reviewer


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
    source: bytes,
    now: datetime,
    is_dry_run: bool = False,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
) -> ImportReport:
    """Raises CatalogFileError, with every problem of the file, and then has written nothing.

    `on_progress` is told how many steps were just done, and of how many. The number of queries grows by one
    per BATCH_SIZE rows of a kind, and no faster. Imports wait for each other. A dry run writes too, so that
    the database has its say, and then rolls back.
    """
    document = parse_json(source)
    # Each row is a step when it is checked, and again when it is written or found unchanged.
    steps = 2 * count_rows(document)
    catalog = read_catalog(document, on_row=lambda: on_progress(1, steps))
    try:
        with transaction.atomic():
            hold_import_lock()
            plan = _Plan(catalog, now)
            if plan.errors:
                raise CatalogFileError(plan.errors)
            plan.write(lambda done: on_progress(done, steps))
            if is_dry_run:
                transaction.set_rollback(True)
    except DatabaseError as error:
        raise CatalogFileError([f"database: {str(error).splitlines()[0]}"]) from error
    return plan.report()


def hold_import_lock() -> None:
    """Waits until no other transaction holds it; it is let go when this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('comparisons.import', 0))")


class _Plan:
    """Every row of the file beside what the database holds of it; nothing is written before `write`."""

    def __init__(self, catalog: Catalog, now: datetime) -> None:
        self.errors = list(catalog.errors)
        self.warnings: list[str] = []
        self._now = now
        # Every slug that a tool has or had, and the slug it has.
        self._tool_ids: dict[str, UUID] = {}
        self._slugs: dict[UUID, str] = {}
        self._categories = Table("categories", Category, CATEGORY_COLUMNS)
        self._reviewers = Table("reviewers", Reviewer, REVIEWER_COLUMNS)
        self._tools = Table(
            "tools",
            Tool,
            {"slug": "slug"}
            | TOOL_COLUMNS
            | {f"pricing.{key}": column for key, column in PRICING_COLUMNS.items()},
        )
        self._aliases: list[ToolAlias] = []
        self._reviews = Table("reviews", Review, REVIEW_COLUMNS)
        self._comparisons = Table("comparisons", Comparison, COMPARISON_COLUMNS)

        category_ids = self._plan_categories(catalog.categories)
        reviewer_ids = self._plan_reviewers(catalog.reviewers)
        tools = self._plan_tools(catalog.tools, category_ids)
        self._plan_reviews(tools, reviewer_ids)
        self._plan_comparisons(catalog.comparisons)

    def write(self, on_rows: Callable[[int], object]) -> None:
        self._categories.write(on_rows)
        self._reviewers.write(on_rows)
        self._tools.write(on_rows)
        ToolAlias.objects.bulk_create(self._aliases, batch_size=BATCH_SIZE)
        self._reviews.write(on_rows)
        self._comparisons.write(on_rows)

    def report(self) -> ImportReport:
        tables = (self._categories, self._reviewers, self._tools, self._reviews, self._comparisons)
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

    def _plan_reviewers(self, rows: Iterable[Row]) -> dict[str, UUID]:
        rows = list(rows)
        by_slug = {reviewer.slug: reviewer for reviewer in locked(Reviewer.objects.all())}
        taken = [reviewer.position for reviewer in by_slug.values()]
        free = count(1 + max([*taken, *(row.values.get("position", 0) for row in rows)], default=0))
        for row in self._distinct(rows):
            slug = row.values["slug"]
            if slug not in by_slug:
                by_slug[slug] = Reviewer(slug=slug, position=0 if "position" in row.values else next(free))
            reviewer = by_slug[slug]
            self._reviewers.take(reviewer, slug, assign(reviewer, row.values, REVIEWER_COLUMNS))
        return {slug: reviewer.id for slug, reviewer in by_slug.items()}

    def _plan_tools(self, rows: Iterable[Row], category_ids: Mapping[str, UUID]) -> list[tuple[Row, Tool]]:
        names = self._read_names()
        rows = list(self._distinct(rows))
        claims = {row.values["slug"]: f"is the slug of {row.place}" for row in rows}
        matches = {row.place: self._match(row, claims) for row in rows}
        present = {
            tool.id: tool
            for tool in locked(Tool.objects.filter(id__in=filter(None, matches.values())).defer("search"))
        }

        places: dict[UUID, str] = {}
        tools = []
        for row in rows:
            tool = present.get(matches[row.place]) or Tool(
                slug=row.values["slug"], status=Tool.Status.PUBLISHED
            )
            if tool.id in places:
                self.errors.append(f"{row.place}.slug: means the same tool as {places[tool.id]}")
                continue
            places[tool.id] = row.place
            changed = [
                *self._take_slug(tool, row),
                *assign(tool, self._tool_values(row, category_ids), self._tools.columns),
                *self._publish(tool, row),
                *self._take_aliases(tool, row, claims),
            ]
            if row.is_whole and (tool.pricing_starts_at is None) != (tool.pricing_currency is None):
                self.errors.append(f"{row.place}.pricing: an amount and its currency come together")
            self._tools.take(tool, tool.slug, changed)
            tools.append((row, tool))

        self._know_slugs(tools)
        self._warn_of_same_names(names | {tool.id: tool.name for _, tool in tools}, places)
        return tools

    def _read_names(self) -> dict[UUID, str]:
        """The name of each tool in the database; notes its slugs too."""
        names = {}
        for tool_id, slug, name in Tool.objects.values_list("id", "slug", "name"):
            self._slugs[tool_id] = slug
            names[tool_id] = name
        self._tool_ids = dict(ToolAlias.objects.values_list("slug", "tool_id"))
        self._tool_ids |= {slug: tool_id for tool_id, slug in self._slugs.items()}
        return names

    def _know_slugs(self, tools: Iterable[tuple[Row, Tool]]) -> None:
        """Notes the slugs that the file's tools will have; an alias of the file yields to a slug."""
        for row, tool in tools:
            self._slugs[tool.id] = tool.slug
            self._tool_ids[row.values["slug"]] = tool.id
        for row, tool in tools:
            for alias in row.values.get("aliases", ()):
                self._tool_ids.setdefault(alias, tool.id)

    def _match(self, row: Row, claims: Mapping[str, str]) -> UUID | None:
        """By slug, present or earlier; else by the earlier slugs in the file, where they mean one tool."""
        slug = row.values["slug"]
        if slug in self._tool_ids:
            return self._tool_ids[slug]
        aliases = [alias for alias in row.values.get("aliases", ()) if alias not in claims]
        owners = {self._tool_ids[alias] for alias in aliases if alias in self._tool_ids}
        return owners.pop() if len(owners) == 1 else None

    def _take_slug(self, tool: Tool, row: Row) -> Iterator[str]:
        slug = row.values["slug"]
        if slug == tool.slug:
            return
        if slug in self._tool_ids:
            self.warnings.append(
                f"{row.place}.slug: {quoted(slug)} is an earlier slug of {quoted(tool.slug)}, which is meant"
            )
            return
        self.warnings.append(f"{row.place}.slug: {quoted(tool.slug)} is now called {quoted(slug)}")
        tool.slug = slug
        yield "slug"

    def _tool_values(self, row: Row, category_ids: Mapping[str, UUID]) -> dict[str, Json]:
        """As columns take them: the category by its id, and the slug left to `_take_slug`."""
        values = {key: value for key, value in row.values.items() if key not in {"slug", "category"}}
        if "category" in row.values:
            slug = row.values["category"]
            if slug in category_ids:
                values["category"] = category_ids[slug]
            else:
                self.errors.append(f"{row.place}.category: no category is called {quoted(slug)}")
        return values

    def _publish(self, item: Tool | Comparison, row: Row) -> Iterator[str]:
        """What is public has a time of publication: now, unless the file gives one."""
        if item.status == "draft" or item.published_at is not None:
            return
        if "published_at" in row.values:
            self.errors.append(f"{row.place}.published_at: only a draft can do without")
            return
        item.published_at = self._now
        yield "published_at"

    def _take_aliases(self, tool: Tool, row: Row, claims: dict[str, str]) -> Iterator[str]:
        is_new = False
        for index, alias in enumerate(row.values.get("aliases", ())):
            place = f"{row.place}.aliases[{index}]"
            owner = self._tool_ids.get(alias, tool.id)
            if alias in claims:
                self.errors.append(f"{place}: {quoted(alias)} {claims[alias]}")
            elif owner != tool.id:
                self.errors.append(f"{place}: {quoted(alias)} belongs to {quoted(self._slugs[owner])}")
            elif alias not in self._tool_ids:
                self._aliases.append(ToolAlias(slug=alias, tool=tool))
                is_new = True
            claims.setdefault(alias, f"stands already at {place}")
        if is_new:
            yield "aliases"

    def _warn_of_same_names(self, names: Mapping[UUID, str], places: Mapping[UUID, str]) -> None:
        """Of tools in the file, whether their namesakes stand in the file or in the database."""
        namesakes = defaultdict(list)
        for tool_id in sorted(names, key=lambda tool_id: self._slugs[tool_id]):
            namesakes[_folded(names[tool_id])].append(tool_id)
        for same in namesakes.values():
            in_file = [places[tool_id] for tool_id in same if tool_id in places]
            if len(same) > 1 and in_file:
                slugs = ", ".join(self._slugs[tool_id] for tool_id in same)
                self.warnings.append(
                    f"{', '.join(in_file)}: {len(same)} tools are called {quoted(names[same[0]])}: {slugs}"
                )

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
                self._refuse_second_live(rows)
                for review_row, review in _pair_up(rows, present[tool.id, reviewer_id]):
                    item = review or Review(
                        tool=tool, reviewer_id=reviewer_id, status=Review.Status.PUBLISHED
                    )
                    self._reviews.take(
                        item, f"{tool.slug}/{slug}", assign(item, review_row.values, REVIEW_COLUMNS)
                    )

    def _refuse_second_live(self, rows: Iterable[Row]) -> None:
        live = [row for row in rows if _status(row) == Review.Status.PUBLISHED]
        for row in live[1:]:
            slug = quoted(row.values["reviewer"])
            self.errors.append(f"{row.place}.reviewer: {slug} reviews this tool already at {live[0].place}")

    def _plan_comparisons(self, rows: Iterable[Row]) -> None:
        pairs = [(row, self._pair(row)) for row in rows]
        tool_ids = {tool_id for _, pair in pairs for tool_id in pair}
        present = {
            frozenset([comparison.first_tool_id, comparison.second_tool_id]): comparison
            for comparison in locked(
                Comparison.objects.filter(first_tool_id__in=tool_ids, second_tool_id__in=tool_ids)
            )
        }
        places: dict[frozenset[UUID], str] = {}
        for row, pair in pairs:
            if len(pair) < 2:
                continue
            if pair in places:
                self.errors.append(f"{row.place}.tools: this pair stands already at {places[pair]}")
                continue
            places[pair] = row.place
            # In either order: the database puts them in that of their slugs.
            first, second = pair
            comparison = present.get(pair) or Comparison(
                first_tool_id=first, second_tool_id=second, status=Comparison.Status.PUBLISHED
            )
            changed = [*assign(comparison, row.values, COMPARISON_COLUMNS), *self._publish(comparison, row)]
            self._comparisons.take(comparison, pair_slug(self._slugs[first], self._slugs[second]), changed)

    def _pair(self, row: Row) -> frozenset[UUID]:
        slugs = row.values["tools"]
        unknown = [index for index, slug in enumerate(slugs) if slug not in self._tool_ids]
        self.errors += [
            f"{row.place}.tools[{index}]: no tool is called {quoted(slugs[index])}" for index in unknown
        ]
        pair = frozenset(self._tool_ids[slug] for slug in slugs if slug in self._tool_ids)
        if len(pair) == 1 and not unknown:
            self.errors.append(f"{row.place}.tools: must be two different tools")
        return pair

    def _distinct(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows without those whose slug stood before."""
        places: dict[str, str] = {}
        for row in rows:
            slug = row.values["slug"]
            if slug in places:
                self.errors.append(f"{row.place}.slug: {quoted(slug)} stands already at {places[slug]}")
            else:
                places[slug] = row.place
                yield row


def _pair_up(rows: Iterable[Row], reviews: Iterable[Review]) -> list[tuple[Row, Review | None]]:
    """One reviewer's rows on one tool, each with the review it speaks of.

    That is the review that says just what the row says; else the one with the row's status; else any that is
    not retracted, the published one first. What is retracted is history, so a row never rewrites it.
    """
    left = sorted(reviews, key=lambda review: review.status != Review.Status.PUBLISHED)
    pairs: dict[str, Review] = {}
    for fits in (_is_said_by, _has_status_of, _is_current):
        for row in rows:
            review = next((review for review in left if fits(review, row)), None)
            if review and row.place not in pairs:
                pairs[row.place] = review
                left.remove(review)
    return [(row, pairs.get(row.place)) for row in rows]


def _is_said_by(review: Review, row: Row) -> bool:
    return review.status == _status(row) and not differences(review, row.values, REVIEW_COLUMNS)


def _has_status_of(review: Review, row: Row) -> bool:
    return _is_current(review, row) and review.status == _status(row)


def _is_current(review: Review, row: Row) -> bool:
    return review.status != Review.Status.RETRACTED


def _status(row: Row) -> str:
    return str(row.values.get("status", Review.Status.PUBLISHED))


def _folded(name: str) -> str:
    """Equal for names that a reader takes for the same: width, case and white space don't tell."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())
