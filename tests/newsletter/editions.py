"""What tests of editions share: a week, a reader's choices, and something of each kind to tell."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from catalog.models import Category, Tool
from comparisons.models import Comparison
from newsletter.content.archive import keep_for_archive
from newsletter.content.gathering import SETTLING
from newsletter.content.items import Choices
from newsletter.models import Edition
from reviews.models import Review, Reviewer, ReviewRevision
from tests.factories import (
    CategoryFactory,
    ComparisonFactory,
    DeliveryFactory,
    EditionFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    VerdictChangeFactory,
    published_counts,
    review,
)
from votes.models import PublishedTally, TallyDay

SINCE = datetime(2026, 11, 17, 7, 0, tzinfo=UTC)
UNTIL = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
# The last moment that a reader knows, and the last that is told.
KNOWN, LAST = SINCE - SETTLING, UNTIL - SETTLING
WITHIN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BEFORE = SINCE - timedelta(days=30)
MOMENT = timedelta(microseconds=1)


def chosen(
    *topics: str, reviewers: tuple[str, ...] = (), frequency: str = "weekly", since: datetime = SINCE
) -> Choices:
    return Choices(topics=topics or None, reviewers=reviewers, frequency=frequency, since=since)


def tool(name: str = "Aider", *, category: Category | None = None, **values: Any) -> Tool:
    shelf = {"category": category} if category else {}
    made: Tool = ToolFactory(name=name, **shelf, **values)
    return made


def new_pair(
    *, first: tuple[int, int] = (4, 0), second: tuple[int, int] = (2, 2), at: datetime = WITHIN, **values: Any
) -> Comparison:
    """A pair that became public at that time, whose panels have so many ships and skips."""
    pair: Comparison = ComparisonFactory(public_at=at, **values)
    for side, (ship, skip) in ((pair.first_tool, first), (pair.second_tool, second)):
        review(side, ship=ship, skip=skip)
    Review.objects.filter(tool__in=[pair.first_tool, pair.second_tool]).update(published_at=BEFORE)
    return pair


def changed_pair(*, at: datetime = WITHIN, published_at: datetime = BEFORE, **values: Any) -> Comparison:
    """A known pair whose verdict went from a tie to its first tool."""
    pair: Comparison = ComparisonFactory(public_at=published_at, **values)
    change(pair, at=at, winner=pair.first_tool)
    return pair


def change(
    pair: Comparison,
    *,
    at: datetime = WITHIN,
    winner: Tool | None,
    before: Tool | None = None,
    number: int = 2,
    by: str = "panel",
) -> None:
    """One more change of the pair's verdict, from a winner or a tie to another."""
    VerdictChangeFactory(
        comparison=pair,
        number=number,
        changed_at=at,
        cause="panel" if by == "panel" else "votes",
        **verdict(winner, by=by),
        **{f"before_{name}": value for name, value in verdict(before, by=by).items()},
    )


def verdict(winner: Tool | None, *, by: str) -> dict[str, Any]:
    if winner is None:
        return {"outcome": "tie", "margin": 0, "rule": "2026-12"}
    won = {"outcome": "winner", "winner": winner, "decided_by": by, "strength": "narrow"}
    return {**won, "margin": 25, "rule": "2026-12"}


def reviewed(
    *,
    reviewer: str = "The Skeptic",
    published_at: datetime = WITHIN,
    corrected_at: datetime | None = None,
    former_verdict: str = "",
    **values: Any,
) -> Review:
    """A review with the times at which it was published and corrected, and what it said before."""
    slug = reviewer.lower().replace(" ", "-")
    by = Reviewer.objects.filter(slug=slug).first() or ReviewerFactory(name=reviewer, slug=slug)
    row: Review = ReviewFactory(reviewer=by, revision=2 if corrected_at else 1, **values)
    public = Review.objects.filter(pk=row.pk).exclude(tool__status="draft")
    public.update(published_at=published_at, corrected_at=corrected_at)
    if former_verdict and corrected_at:
        ReviewRevision.objects.create(
            review=row, number=1, reviewer=by, tool=row.tool, verdict=former_verdict, basis="read",
            evidence=[], began_at=published_at, ended_at=corrected_at,
        )  # fmt: skip
    return row


# The last days that were over at either end of the week.
DAY_BEFORE, LAST_DAY = date(2026, 11, 16), date(2026, 11, 23)


def crowd(
    *,
    before: tuple[int, int] | None,
    now: tuple[int, int] | None,
    day: date = DAY_BEFORE,
    until_day: date = LAST_DAY,
    as_of: datetime = WITHIN,
    **values: Any,
) -> Tool:
    """A tool with so many ships and skips at the end of one day, and of another."""
    made: Tool = ToolFactory(**values)
    for at, counts in ((day, before), (until_day, now)):
        if counts:
            crowd_line(made, day=at, counts=counts)
    public = published_counts(*(now or before or (0, 0)))
    PublishedTally.objects.filter(tool=made).update(as_of=as_of, **public)
    return made


def crowd_line(tool: Tool, *, day: date, counts: tuple[int, int]) -> None:
    ship, skip = counts
    held = {"pending": 0, "quarantined": 0, "rejected": 0}
    TallyDay.objects.create(
        tool=tool, day=day, ship=ship, skip=skip, ruleset="2026-11", digest="0" * 64, **held
    )


def shelf(slug: str = "developer-tools", name: str = "Developer Tools") -> Category:
    made: Category = CategoryFactory(slug=slug, name=name)
    return made


def one_of_each(category: Category) -> None:
    """Something of each kind but a review by somebody followed."""
    new_pair(first_tool__category=category)
    changed_pair(second_tool__category=category)
    reviewed(published_at=BEFORE, corrected_at=WITHIN, tool=tool(category=category))
    crowd(before=(15, 15), now=(40, 20), category=category)


def sent(week: str = "2026-W48", **values: Any) -> Edition:
    """An edition that was sent to one reader, who was erased since, and kept, of whatever there was to tell."""
    state = values.pop("state", "done")
    done = {"state": "sending", "audience": 1, "frozen_at": UNTIL, "prepared_at": UNTIL, "done_at": UNTIL}
    edition: Edition = EditionFactory(week=week, **{**done, **values})
    if edition.audience:
        key = edition.pk.bytes * 2
        DeliveryFactory(
            edition=edition, subscriber=None, address="", address_key=key, state="accepted", accepted_at=UNTIL
        )
    edition.state = state
    edition.save(update_fields=["state"])
    keep_for_archive(edition=edition, since=SINCE, until=UNTIL)
    return edition
