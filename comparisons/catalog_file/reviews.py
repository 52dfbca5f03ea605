"""The reviews of a file, each beside what the database holds of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from backend.api.quoting import quoted
from catalog.models import Tool
from comparisons.catalog_file.format import REVIEW_COLUMNS, Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.review_matching import asked_of, pair_up, says_what_was_retracted
from comparisons.catalog_file.row_rules import RowRules
from comparisons.catalog_file.upsert import Table, assign, locked
from reviews.models import Review


class ReviewPlan:
    """What becomes of the reviews."""

    def __init__(self, table: Table[Review], rules: RowRules, errors: Problems) -> None:
        self._table = table
        self._rules = rules
        self._errors = errors

    def take(self, tools: Iterable[tuple[Row, Tool]], reviewer_ids: Mapping[str, UUID]) -> None:
        """One query for what the database has of these tools."""
        present: dict[tuple[UUID, UUID], list[Review]] = defaultdict(list)
        reviewed = [tool.id for row, tool in tools if row.reviews and not tool._state.adding]
        for review in locked(Review.objects.filter(tool_id__in=reviewed)):
            present[review.tool_id, review.reviewer_id].append(review)
        for row, tool in tools:
            by_reviewer = defaultdict(list)
            for review_row in row.reviews:
                by_reviewer[review_row.values["reviewer"]].append(review_row)
            for slug, rows in by_reviewer.items():
                if reviewer_id := reviewer_ids.get(slug):
                    self._take_all_of_one(rows, tool, reviewer_id, present[tool.id, reviewer_id])
                else:
                    self._errors += [
                        f"{row.place}.reviewer: no reviewer is called {quoted(slug)}" for row in rows
                    ]

    def _take_all_of_one(self, rows: list[Row], tool: Tool, reviewer_id: UUID, stored: list[Review]) -> None:
        self._rules.refuse_second_live(rows, "reviews this tool")
        for row, said in pair_up(rows, stored, REVIEW_COLUMNS):
            # What a file does not say of a new review claims the least.
            item = said or Review(
                tool=tool,
                reviewer_id=reviewer_id,
                status=Review.Status.PUBLISHED,
                basis=Review.Basis.SYNTHETIC,
            )
            before = said.status if said else None
            is_retracted = says_what_was_retracted(row, stored, REVIEW_COLUMNS)
            changed = assign(item, asked_of(item, row), REVIEW_COLUMNS)
            self._rules.refuse_bad_state(item, row, before, is_retracted)
            self._table.take(item, f"{tool.slug}/{row.values['reviewer']}", changed)
