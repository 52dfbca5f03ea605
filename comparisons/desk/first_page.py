"""What the first page of the desk has on the catalog: what waits, what is due, and how each reviewer stands."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias, TypedDict

from django.db.models import Count, Model, QuerySet
from django.db.models.functions import Trunc
from django.http import HttpRequest
from django.urls import reverse

from backend.admin.charts import Unit, draw_bars
from backend.admin.first_page import MOST_COUNTED, Block, Told, Waiting, address_of, declare, written
from backend.admin.publishing import scheduled
from catalog.models import Tool
from comparisons.desk import due
from comparisons.models import Comparison
from reviews.calibration import Share
from reviews.models import Calibration, HeadToHead, Review
from votes.models import Alert, Pick, Vote

SHOWN = 5
REVIEWERS_SHOWN = 30
DAYS = Unit("day", timedelta(days=1), 30, "%a %-d %b", ("%a", ("Mon",)))


Published: TypeAlias = type[Review] | type[HeadToHead] | type[Tool] | type[Comparison]
# A model, how one and many of it are called, and whether it has a date of its own.
PUBLISHED: list[tuple[Published, str, str, bool]] = [
    (Review, "review", "reviews", False),
    (HeadToHead, "head-to-head", "head-to-heads", False),
    (Tool, "tool", "tools", True),
    (Comparison, "comparison", "comparisons", True),
]


def _waiting(model: Published, one: str, many: str, *, has_date: bool) -> Iterator[Waiting]:
    """Drafts for users who write and do not publish; for publishers, what was handed in and what is scheduled."""
    app, name = model._meta.app_label, model._meta.model_name

    def those(
        words: tuple[str, str],
        rows: Callable[[], QuerySet[Model]],
        right: str,
        query: dict[str, str],
        unless: str = "",
    ) -> Waiting:
        return Waiting(
            one=words[0], many=words[1], rows=rows, page=f"{app}_{name}_changelist",
            permissions=[f"{app}.{right}_{name}"], query=query, unless=[f"{app}.{unless}_{name}"] if unless else [],
        )  # fmt: skip

    yield those(
        (f"draft of a {one}", f"drafts of {many}"),
        lambda: model.objects.filter(status="draft"),
        "change",
        {"status__exact": "draft"},
        unless="publish",
    )
    yield those(
        (f"{one} handed in for review", f"{many} handed in for review"),
        lambda: model.objects.filter(status="in_review"),
        "publish",
        {"status__exact": "in_review"},
    )
    if has_date:
        yield those(
            (f"scheduled {one}", f"scheduled {many}"),
            lambda: scheduled(model.objects.all()),
            "publish",
            {"moment": "ahead"},
        )


WAITING = [
    *(
        waiting
        for model, one, many, has_date in PUBLISHED
        for waiting in _waiting(model, one, many, has_date=has_date)
    ),
    Waiting(
        one="open alert about votes",
        many="open alerts about votes",
        rows=lambda: Alert.objects.filter(closed_at=None),
        page="votes_alert_changelist",
        permissions=["votes.view_alert", "votes.moderate_vote"],
    ),
]


class DueRow(TypedDict):
    """One row of a list, as the page names it."""

    id: str
    name: str
    why: str


class DueList(TypedDict):
    number: int
    rows: list[DueRow]


def count_due(now: datetime) -> dict[str, DueList]:
    """The first SHOWN of each list, in words, and how many there are, MOST_COUNTED + 1 of more."""
    today = due.today_of(now)
    return {
        "prices": _first(due.stale_prices(today=today), _price),
        "reviews": _first(due.reviews_due(today=today).select_related("reviewer", "tool"), _review),
        "unreviewed": _first(due.unreviewed_tools(), _unreviewed),
        "pairs": _first(due.undecided_pairs().select_related("first_tool", "second_tool"), _pair),
    }


# Any, here and below: rows carry what the list annotates.
def _first(rows: QuerySet[Model], told: Callable[[Any], DueRow]) -> DueList:
    number = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    return {"number": number, "rows": [told(row) for row in rows.order_by("-score", "pk")[:SHOWN]]}


def _price(tool: Any) -> DueRow:
    since = f"{tool.age} days ago" if tool.pricing_checked_on else "never"
    return {
        "id": str(tool.pk),
        "name": tool.name,
        "why": f"checked {since}, {_votes_and_gap(tool.use, tool.gap)}",
    }


def _review(review: Any) -> DueRow:
    name = f"{review.reviewer.name} on {review.tool.name}"
    why = f"{review.verdict} {review.age} days ago, {_votes_and_gap(review.use, review.gap)}"
    return {"id": str(review.pk), "name": name, "why": why}


def _unreviewed(tool: Any) -> DueRow:
    return {"id": str(tool.pk), "name": tool.name, "why": _votes(tool.use)}


def _pair(pair: Any) -> DueRow:
    name = f"{pair.first_tool.name} vs {pair.second_tool.name}"
    return {"id": str(pair.pk), "name": name, "why": _votes(pair.score)}


def _votes(number: int) -> str:
    return f"{number:,} vote{'' if number == 1 else 's'}"


def _votes_and_gap(votes: int, gap: float) -> str:
    return f"{_votes(votes)}, {gap:.0f} points apart" if round(gap) else _votes(votes)


# The heading, the page of a row, the list of all, what it asks for, and who may see it.
LISTS = {
    "prices": (
        "Prices to check", "catalog_tool_change", "catalog_tool_changelist",
        {"price": "stale", "status__exact": "published"}, "catalog.view_tool",
    ),
    "reviews": (
        "Reviews that are due", "reviews_review_change", "reviews_review_changelist",
        {"age": "due", "status__exact": "published"}, "reviews.view_review",
    ),
    "unreviewed": (
        "Tools without a review", "catalog_tool_change", "catalog_tool_changelist",
        {"panel__call": "unreviewed", "status__exact": "published"}, "catalog.view_tool",
    ),
    "pairs": (
        "Ties without guidance", "comparisons_comparison_change",
        "comparisons_comparison_changelist",
        {"outcome": "tie", "guidance": "none", "status__exact": "published"}, "comparisons.view_comparison",
    ),
}  # fmt: skip


def read_due(request: HttpRequest, found: dict[str, DueList] | None) -> dict[str, object]:
    lists = []
    for key, (heading, page, all_of_them, query, permission) in LISTS.items():
        if found is None or not request.user.has_perm(permission):
            continue
        rows = [
            (reverse(f"admin:{page}", args=[row["id"]]), row["name"], row["why"])
            for row in found[key]["rows"]
        ]
        whole = Told(written(found[key]["number"]), "in all", address_of(all_of_them, query))
        lists.append((heading, rows, whole))
    return {"lists": lists, "is_counted": found is not None}


def read_panel(request: HttpRequest, found: object) -> dict[str, object]:
    """One query: rows are as many as reviewers, which are few."""
    rows = (
        Calibration.objects.select_related("reviewer")
        .filter(reviewer__is_active=True)
        .order_by("reviewer__position", "reviewer")[: REVIEWERS_SHOWN + 1]
    )
    shown = [
        {
            "name": row.reviewer.name,
            "page": reverse("admin:reviews_reviewer_change", args=[row.reviewer_id]),
            "reviews": address_of(
                "reviews_review_changelist",
                {"reviewer__id__exact": str(row.reviewer_id), "status__exact": "published"},
            ),
            "is_rubber_stamp": row.is_rubber_stamp,
            "shares": [
                Share(row.ship, row.total),
                Share(row.panel_agrees, row.panel_total),
                Share(row.crowd_agrees, row.crowd_total),
                Share(row.total, row.tools),
            ],
        }
        for row in rows
    ]
    return {"rows": shown[:REVIEWERS_SHOWN], "has_more": len(shown) > REVIEWERS_SHOWN}


class BallotCounts(TypedDict):
    """How many were cast on each day since then."""

    begins_at: str
    votes: list[int]
    picks: list[int]


# The kinds of ballots, and their models.
BALLOTS: tuple[tuple[Literal["votes", "picks"], str], ...] = (("votes", "vote"), ("picks", "pick"))


def count_ballots(now: datetime) -> BallotCounts:
    """How many votes and picks that stand now were first cast on each of the last days, in UTC."""
    begins_at = DAYS.begins_at(now)
    return {
        "begins_at": begins_at.isoformat(),
        "votes": _by_day(Vote.objects.all(), begins_at),
        "picks": _by_day(Pick.objects.all(), begins_at),
    }


def _by_day(ballots: QuerySet[Model], begins_at: datetime) -> list[int]:
    ends_at = begins_at + DAYS.bars * DAYS.length
    days = ballots.filter(created_at__gte=begins_at, created_at__lt=ends_at).values_list(
        Trunc("created_at", "day", tzinfo=UTC)
    )
    found = dict(days.annotate(number=Count("pk")).order_by())
    return [found.get(begins_at + n * DAYS.length, 0) for n in range(DAYS.bars)]


def read_ballots(request: HttpRequest, found: BallotCounts | None) -> dict[str, object]:
    charts = [
        (
            draw_bars(
                heading=f"{kind.capitalize()} cast on each day",
                kinds=[kind],
                unit=DAYS,
                begins_at=datetime.fromisoformat(found["begins_at"]),
                numbers=[(number,) for number in found[kind]],
            ),
            f"{sum(found[kind]):,} in all.",
            reverse(f"admin:votes_{model}_changelist"),
        )
        for kind, model in BALLOTS
        if found is not None and request.user.has_perm(f"votes.view_{model}")
    ]
    return {"charts": charts, "is_counted": found is not None, "heading": "Votes and picks"}


declare(
    waiting=WAITING,
    blocks=[
        Block(
            name="due", place=10, template="admin/comparisons/due.html",
            permissions=[permission for *_, permission in LISTS.values()],
            read=read_due, count=count_due,
        ),
        Block(
            name="panel", place=20, template="admin/comparisons/panel_health.html",
            permissions=["reviews.view_reviewer"], read=read_panel,
        ),
        Block(
            name="ballots", place=30, template="backend_admin/charts.html",
            permissions=["votes.view_vote", "votes.view_pick"], read=read_ballots, count=count_ballots,
        ),
    ],
)  # fmt: skip
