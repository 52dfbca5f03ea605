"""What curators should look at next: prices and reviews of long ago, tools that nobody reviewed, pairs left undecided.

What more readers use, what is older, and what is more disputed comes first: votes × days × disagreement.
"""

from datetime import UTC, date, datetime
from typing import Any

from django.db.models import (
    Case,
    DateField,
    F,
    FloatField,
    Func,
    IntegerField,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Abs, Cast, Coalesce, NullIf

from catalog.models import Tool
from comparisons.models import Comparison, Outcome
from reviews.models import Review

# Any: rows carry what is annotated.
Due = QuerySet[Any]

# A price that nobody ever looked at counts as this old.
NEVER = 730


def stale_prices(*, today: date) -> Due:
    """Published tools whose price was last looked at a while ago, or never; with `score`, `age`, `use` and `gap`."""
    tools: Due = (
        Tool.objects.published()
        .with_stale_price(today=today)
        .annotate(
            age=_age("pricing_checked_on", today),
            use=_votes(""),
            gap=Coalesce(Abs(F("panel__percent") - _crowd_percent("")), Value(0.0)),
            score=_score(),
        )
    )
    return tools


def reviews_due(*, today: date) -> Due:
    """Published reviews of long ago; their `gap` is the share of readers who say otherwise, in points."""
    shipping = _crowd_percent("tool__")
    reviews: Due = (
        Review.objects.published()
        .due(today=today)
        .filter(tool__status=Tool.Status.PUBLISHED, reviewer__is_active=True)
        .annotate(
            age=_age("reviewed_on", today),
            use=_votes("tool__"),
            gap=Coalesce(
                Case(When(verdict="skip", then=shipping), default=Value(100.0) - shipping), Value(0.0)
            ),
            score=_score(),
        )
    )
    return reviews


def unreviewed_tools() -> Due:
    """Published tools without a panel; what readers voted on is the `score`."""
    unreviewed = Tool.objects.published().filter(panel__total=0)
    tools: Due = unreviewed.annotate(use=_votes(""), score=_votes(""))
    return tools


def undecided_pairs() -> Due:
    """Public pairs that tie and of which no condition says whom either tool suits; with both tools' votes as `score`."""
    pairs: Due = (
        Comparison.objects.published()
        .filter(listing__outcome=Outcome.TIE)
        .without_guidance()
        .annotate(score=_votes("first_tool__") + _votes("second_tool__"))
    )
    return pairs


def today_of(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _age(day: str, today: date) -> Coalesce:
    """In days."""
    passed = Func(
        Cast(Value(today), DateField()), F(day), template="(%(expressions)s)", arg_joiner=" - ",
        output_field=IntegerField(),
    )  # fmt: skip
    return Coalesce(passed, Value(NEVER))


def _votes(tool: str) -> Coalesce:
    return Coalesce(F(f"{tool}published_tally__total"), Value(0))


def _crowd_percent(tool: str) -> CombinedExpression:
    total = Cast(NullIf(f"{tool}published_tally__total", Value(0)), FloatField())
    return Value(100.0) * F(f"{tool}published_tally__ship") / total


def _score() -> CombinedExpression:
    """Use × age × disagreement, from `use`, `age` and `gap`; none of them makes another count for nothing."""
    return Cast(F("use") + 1, FloatField()) * F("age") * (Value(1.0) + F("gap") / Value(100.0))
