"""What reviewers and readers say of a pair itself: head-to-heads and published picks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Model, Q, QuerySet, Value

from backend.api.prepared import Prepared
from catalog.models import Tool
from catalog.pairs import by_id
from comparisons.models import Comparison, StoredAnswer
from comparisons.querysets import HEAD_TO_HEAD_AS_JSON, PICKS_AS_JSON
from reviews.models import HeadToHead, Reviewer
from votes.models import PublishedPickTally
from votes.tally import Interval, PickCount


@dataclass(frozen=True)
class PairAnswers:
    """What reviewers and readers say of a pair itself; picks in the order of the tools' ids, as they are stored."""

    head_to_heads: tuple[HeadToHead, ...] = ()
    picks: PickCount = field(default_factory=PickCount)
    picks_as_of: datetime | None = None

    def picks_in_order(self, pair: tuple[Tool, Tool]) -> PickCount:
        return picks_in_order(pair, self.picks)


def _stored_answers(firsts: Sequence[UUID], seconds: Sequence[UUID]) -> QuerySet[Model]:
    keys = ("first_tool_id", "second_tool_id")
    of_pairs = any_pair(zip(firsts, seconds, strict=True))
    head_to_heads = HeadToHead.objects.published().filter(of_pairs)
    picks = PublishedPickTally.objects.filter(of_pairs)
    return picks.values_list(*keys, PICKS_AS_JSON, Value(value=True)).union(
        head_to_heads.values_list(*keys, HEAD_TO_HEAD_AS_JSON, Value(value=False)), all=True
    )


ANSWERS = Prepared(_stored_answers)


def answers_to(pairs: Sequence[tuple[Tool, Tool]]) -> dict[tuple[UUID, UUID], PairAnswers]:
    """What was said of each pair, by its ids in ascending order: one query, which reads two tables."""
    stored = [by_id(*pair) for pair in pairs]
    found: dict[tuple[UUID, UUID], tuple[list[StoredAnswer], list[StoredAnswer]]] = {
        ids_of(pair): ([], []) for pair in stored
    }
    for first, second, said, is_picks in ANSWERS.rows(**sides_of(stored)):
        found[first, second][is_picks].append(said)
    return {ids: _answers(answers, next(iter(picked), None)) for ids, (answers, picked) in found.items()}


def answers_read_with(comparison: Comparison) -> PairAnswers:
    """What was said of a comparison that was read with it; without head-to-heads where it was read without them."""
    return _answers(getattr(comparison, "stored_head_to_heads", []), comparison.stored_picks)


def _answers(head_to_heads: list[StoredAnswer], picks: StoredAnswer | None) -> PairAnswers:
    answers = sorted(
        (_head_to_head(said) for said in head_to_heads),
        key=lambda answer: (answer.reviewer.position, answer.reviewer.pk),
    )
    if picks is None:
        return PairAnswers(tuple(answers))
    bounds = Interval.stored(picks["low"], picks["high"])
    as_of = datetime.fromisoformat(picks["as_of"])
    return PairAnswers(tuple(answers), PickCount(picks["first"], picks["second"], bounds), as_of)


def _head_to_head(said: StoredAnswer) -> HeadToHead:
    """The row that the JSON is of, with its reviewer."""
    reviewer = {
        name.removeprefix("reviewer__"): value
        for name, value in said.items()
        if name.startswith("reviewer__")
    }
    own = {name: value for name, value in said.items() if not name.startswith("reviewer__")}
    times = {
        "updated_at": datetime.fromisoformat(own["updated_at"]),
        "compared_on": own["compared_on"] and date.fromisoformat(own["compared_on"]),
    }
    ids = {"id": UUID(own["id"]), "choice_id": own["choice_id"] and UUID(own["choice_id"])}
    reviewer |= {"id": UUID(reviewer["id"]), "updated_at": datetime.fromisoformat(reviewer["updated_at"])}
    return HeadToHead(**{**own, **times, **ids}, reviewer=Reviewer(**reviewer))


def picks_in_order(pair: tuple[Tool, Tool], stored: PickCount) -> PickCount:
    """Picks in the order of the pair, from picks in the order of the tools' ids."""
    return stored if by_id(*pair) == pair else stored.turned()


def ids_of(pair: tuple[Tool, Tool]) -> tuple[UUID, UUID]:
    return pair[0].pk, pair[1].pk


def sides_of(pairs: Sequence[tuple[Tool, Tool]]) -> dict[str, list[UUID]]:
    """What the statements of pairs are asked for."""
    return {"firsts": [first.pk for first, _ in pairs], "seconds": [second.pk for _, second in pairs]}


def any_pair(pairs: Iterable[tuple[UUID, UUID]]) -> Q:
    condition = Q()
    for first, second in pairs:
        condition |= Q(first_tool=first, second_tool=second)
    return condition
