"""The head-to-heads of a file, each beside what the database holds of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from uuid import UUID

from backend.api.quoting import quoted
from catalog.pairs import in_order
from comparisons.catalog_file.format import HEAD_TO_HEAD_COLUMNS, Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.review_matching import asked_of, pair_up, says_what_was_retracted
from comparisons.catalog_file.row_rules import RowRules
from comparisons.catalog_file.tool_pairs import is_any_pair, pair_of
from comparisons.catalog_file.tool_slugs import ToolSlugs
from comparisons.catalog_file.upsert import Table, assign, locked
from comparisons.models import pair_slug
from reviews.models import HeadToHead

Subject = tuple[frozenset[UUID], UUID]


class HeadToHeadPlan:
    """What becomes of the head-to-heads; `inactive` reviewers answer no more pairs."""

    def __init__(self, table: Table[HeadToHead], slugs: ToolSlugs, rules: RowRules, errors: Problems) -> None:
        self._table = table
        self._slugs = slugs
        self._errors = errors
        self._rules = rules
        self._places: dict[Subject, str] = {}

    def take(self, rows: Iterable[Row], reviewer_ids: Mapping[str, UUID], inactive: Collection[UUID]) -> None:
        """One query for what the database has of these pairs."""
        by_subject = self._by_subject(rows, reviewer_ids)
        present = defaultdict(list)
        condition = is_any_pair(pair for pair, _ in by_subject)
        for answer in locked(HeadToHead.objects.filter(condition)) if by_subject else []:
            present[answer.subject].append(answer)
        for subject, about in by_subject.items():
            earlier = self._places.setdefault(subject, about[0].place)
            if earlier != about[0].place:
                slug = quoted(about[0].values["reviewer"])
                self._errors += [f"{about[0].place}.reviewer: {slug} answers this pair already at {earlier}"]
                continue
            self._rules.refuse_second_live(about, "answers this pair")
            stored = present[subject]
            for row, said in pair_up(about, stored, HEAD_TO_HEAD_COLUMNS):
                is_retracted = says_what_was_retracted(row, stored, HEAD_TO_HEAD_COLUMNS)
                if subject[1] in inactive and _is_new(row, said):
                    slug = quoted(row.values["reviewer"])
                    self._errors += [f"{row.place}.reviewer: {slug} is not active and answers no more pairs"]
                self._take(row, said or _new(subject), said.status if said else None, is_retracted)

    def _by_subject(self, rows: Iterable[Row], reviewer_ids: Mapping[str, UUID]) -> dict[Subject, list[Row]]:
        by_subject: dict[Subject, list[Row]] = defaultdict(list)
        for row in rows:
            pair, slug = pair_of(row, self._slugs, self._errors), row.values.get("reviewer")
            if slug is not None and slug not in reviewer_ids:
                self._errors += [f"{row.place}.reviewer: no reviewer is called {quoted(slug)}"]
            elif slug is not None and "prefers" in row.values and len(pair) == 2:
                by_subject[pair, reviewer_ids[slug]].append(self._with_choice(row, pair))
        return by_subject

    def _with_choice(self, row: Row, pair: frozenset[UUID]) -> Row:
        """The row with the id of the preferred tool."""
        slug = row.values["prefers"]
        choice = self._slugs.tool_ids.get(slug) if slug else None
        if slug and choice not in pair:
            self._errors += [f"{row.place}.prefers: {quoted(slug)} is none of the two tools"]
        return replace(row, values={**row.values, "prefers": choice})

    def _take(self, row: Row, answer: HeadToHead, before: str | None, is_retracted: bool) -> None:
        current = self._slugs.current
        changed = assign(answer, asked_of(answer, row), HEAD_TO_HEAD_COLUMNS, slugs=current)
        self._rules.refuse_bad_state(answer, row, before, is_retracted)
        name = pair_slug(current[answer.first_tool_id], current[answer.second_tool_id])
        self._table.take(answer, f"{name}/{row.values['reviewer']}", changed)


def _is_new(row: Row, said: HeadToHead | None) -> bool:
    """Whether the row adds an answer, or publishes one that was a draft or retracted."""
    published = HeadToHead.Status.PUBLISHED
    return said is None or (row.values.get("status") == published and said.status != published)


def _new(subject: Subject) -> HeadToHead:
    """What a file does not say of it claims the least."""
    (first, second), reviewer_id = in_order(subject[0]), subject[1]
    return HeadToHead(
        reviewer_id=reviewer_id,
        first_tool_id=first,
        second_tool_id=second,
        status=HeadToHead.Status.PUBLISHED,
        basis=HeadToHead.Basis.SYNTHETIC,
    )


def neighbours(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows that stand together and are of the same reviewer and tools, which one batch has to see at once."""
    for _, group in groupby(rows, key=lambda row: (sorted(row.values["tools"]), row.values.get("reviewer"))):
        yield list(group)
