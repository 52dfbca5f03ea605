"""Reads what changed since a reader's last edition, and tells each story once."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import models
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from catalog.models import Tool
from comparisons.changes import PANEL, VOTES, VerdictSnapshot, cause_of, has_changed
from comparisons.models import Comparison, VerdictChange
from comparisons.pairs.pair import conditions_of, guidance_of, pair_from_counts
from comparisons.pairs.selectors import comparisons_with_guidance, tools_with_fits
from comparisons.verdict import decide
from newsletter.content.crowd_items import crowd_item, crowd_mark, has_moved, moved_points
from newsletter.content.items import (
    AT_MOST,
    COMPARISON,
    CORRECTION,
    CROWD,
    EACH_COMPARISON,
    REVIEW,
    VERDICT,
    Because,
    Choices,
    Item,
    Side,
    because_of_following,
    because_of_topics,
    told_apart,
)
from newsletter.content.pair_items import (
    ReviewChange,
    comparison_item,
    comparison_rank,
    named,
    rule_item,
    verdict_item,
    verdict_rank,
)
from newsletter.content.review_items import review_item, review_provenance
from reviews.models import Review, ReviewRevision
from reviews.querysets import ReviewQuerySet
from votes.models import TallyDay
from votes.tallies.day_lines import close_day
from votes.tally import TallyCount

# An import may bring thousands: the best items are chosen among this many of the latest.
READ_AT_MOST = 500
# A time is noted before it is committed: what is younger may have neighbours that can't be seen yet, and an edition
# that told one of them would lose the other.
SETTLING = timedelta(minutes=5)
# The long columns of a tool, which no item shows.
_UNSAID = [
    f"{side}__{field}" for side in ("first_tool", "second_tool") for field in ("search", "description")
]


def has_new_comparisons(*, since: datetime, until: datetime) -> bool:
    """Whether a day's mail of that period has anything to tell to anybody. One query."""
    news = Q(public_at__gt=since - SETTLING, public_at__lte=until - SETTLING)
    return Comparison.objects.published().filter(news).exists()


def gather(*, choices: Choices, until: datetime) -> tuple[Item, ...]:
    """All items for these choices, in the order of the mail; at most seven queries, for any number of items.

    A review, or a move of the crowd, that turned a verdict is part of that verdict's item and has none of its own.
    Readers of each new comparison get only those. Both ends of the period lie SETTLING earlier than given, so that a
    change that is too fresh for one edition is in the next.
    """
    choices, until = replace(choices, since=choices.since - SETTLING), until - SETTLING
    items = {kind: list[Item]() for kind in AT_MOST}
    items[COMPARISON] = _comparisons(choices, until)
    if choices.frequency != EACH_COMPARISON:
        moves = _crowd_moves(choices, until)
        stories = _verdicts(choices, until, moves)[: AT_MOST[VERDICT]]
        told = {review for story in stories for review in story.reviews}
        moved = {tool for story in stories for tool in story.moved}
        items[VERDICT] = [story.item for story in stories]
        items[REVIEW] = _reviews(choices, until, besides=told)
        items[CROWD] = [move.item(choices) for move in moves if move.tool.pk not in moved]
        items[CORRECTION] = _corrections(choices, until, besides=told)
    return told_apart(item for kind, most in AT_MOST.items() for item in items[kind][:most])


def _within(field: str, choices: Choices, until: datetime) -> Q:
    return Q(**{f"{field}__gt": choices.since, f"{field}__lte": until})


def _side(tool: Tool) -> Side:
    return Side(slug=tool.slug, name=tool.name, topic=tool.category.slug, topic_name=tool.category.name)


def _sides(comparison: Comparison) -> tuple[Side, Side]:
    return _side(comparison.first_tool), _side(comparison.second_tool)


def _title(comparison: Comparison) -> str:
    return comparison.title or f"{comparison.first_tool.name} vs {comparison.second_tool.name}"


def _comparisons(choices: Choices, until: datetime) -> list[Item]:
    """Pairs that became public since, in the reader's topics; the surest verdicts first, then the latest."""
    pairs = comparisons_with_guidance().filter(_within("public_at", choices, until))
    if choices.topics is not None:
        pairs = pairs.in_categories(choices.topics)
    found = []
    pairs = pairs.defer(*_UNSAID).order_by("-public_at", "-id")
    for pair in pairs[:READ_AT_MOST]:
        verdict = decide(pair_from_counts(pair))
        item = comparison_item(
            title=_title(pair),
            note=pair.editor_note,
            verdict=verdict,
            when=conditions_of(guidance_of(*tools_with_fits(pair), pair)),
            sides=_sides(pair),
            choices=choices,
        )
        found.append((comparison_rank(verdict), item))
    # The sort is stable: among equals the latest stays first.
    return [item for _, item in sorted(found, key=lambda each: each[0])]


@dataclass(frozen=True, slots=True)
class _Story:
    """A changed verdict, with the reviews and the tools' crowds whose own items it takes the place of."""

    item: Item
    reviews: frozenset[UUID] = frozenset()
    moved: frozenset[UUID] = frozenset()


def _verdicts(choices: Choices, until: datetime, moves: "Collection[_CrowdMove]") -> list[_Story]:
    """Pairs that were public before and whose verdict differs from then; one that changed and changed back does not."""
    pairs = Comparison.objects.published().filter(public_at__lte=choices.since)
    if choices.topics is not None:
        pairs = pairs.in_categories(choices.topics)
    changes = VerdictChange.objects.filter(_within("changed_at", choices, until), comparison__in=pairs)
    changed = _changed_verdicts(
        changes.exclude(cause__in=[VerdictChange.Cause.FIRST, VerdictChange.Cause.RULE])
    )
    changes_by_tool = _review_changes(
        {side for each in changed for side in _tool_ids(each.pair)}, choices, until
    )
    # The surest first, so that a review's quote is told in the first of its stories.
    quoted = set[UUID]()
    stories = []
    for each in sorted(changed, key=lambda each: verdict_rank(each.before, each.after)):
        story = _verdict_story(each, changes_by_tool, moves, choices, quoted=quoted)
        quoted |= story.reviews
        stories.append(story)
    return [*map(_Story, _rule_change(changes.filter(cause=VerdictChange.Cause.RULE))), *stories]


def _verdict_story(
    changed: "_ChangedVerdict",
    changes_by_tool: dict[UUID, list[ReviewChange]],
    moves: "Collection[_CrowdMove]",
    choices: Choices,
    *,
    quoted: Collection[UUID],
) -> _Story:
    """`quoted` are the reviews that an earlier story quotes already."""
    cause = cause_of(changed.before, changed.after)
    tools = _tool_ids(changed.pair)
    by_reviews = (
        [change for tool in tools for change in changes_by_tool.get(tool, [])] if cause == PANEL else []
    )
    # Those whom the reader follows are named first.
    by_reviews.sort(key=lambda change: not change.is_followed)
    by_crowd = [move for move in moves if move.tool.pk in tools] if cause == VOTES else []
    item = verdict_item(
        title=_title(changed.pair),
        before=changed.before,
        after=changed.after,
        review_changes=[
            replace(change, quote="") if change.review_id in quoted else change for change in by_reviews
        ],
        crowd_moves=[f"{move.tool.name} {crowd_mark(move.before, move.now)}" for move in by_crowd],
        sides=_sides(changed.pair),
        choices=choices,
    )
    return _Story(
        item,
        reviews=frozenset(change.review_id for change in named(by_reviews)),
        moved=frozenset(move.tool.pk for move in by_crowd),
    )


def _rule_change(changes: models.QuerySet[VerdictChange]) -> list[Item]:
    """One item for all pairs that another rule was applied to, or none."""
    another_winner = Q(winner__isnull=False, before_winner__isnull=False) & ~Q(winner=F("before_winner"))
    counts = changes.aggregate(
        rule=Max("rule"),
        pairs=Count("comparison", distinct=True),
        turned=Count("comparison", distinct=True, filter=~Q(outcome=F("before_outcome")) | another_winner),
    )
    return [rule_item(**counts)] if counts["pairs"] else []


@dataclass(frozen=True, slots=True)
class _ChangedVerdict:
    pair: Comparison
    before: VerdictSnapshot[Tool]
    after: VerdictSnapshot[Tool]


def _changed_verdicts(changes: models.QuerySet[VerdictChange]) -> list[_ChangedVerdict]:
    """What the first and the last of a pair's changes leave; what the rule alone changed is told of all pairs at once."""
    latest = changes.select_related(
        "winner", "before_winner", "comparison__first_tool__category", "comparison__second_tool__category"
    ).order_by("-changed_at", "-id")[:READ_AT_MOST]
    by_pair: dict[UUID, list[VerdictChange]] = {}
    for change in latest:
        by_pair.setdefault(change.comparison_id, []).append(change)
    found = []
    for of_pair in by_pair.values():
        before, after = of_pair[-1].before, of_pair[0].after
        if before and has_changed(before := replace(before, rule=after.rule), after):
            found.append(_ChangedVerdict(of_pair[0].comparison, before, after))
    return found


def _tool_ids(pair: Comparison) -> tuple[UUID, UUID]:
    return pair.first_tool_id, pair.second_tool_id


def _review_changes(tools: set[UUID], choices: Choices, until: datetime) -> dict[UUID, list[ReviewChange]]:
    """What reviewers did to the panels of these tools, by the tool: one query."""
    was_public = Q(published_at__lte=choices.since)
    corrected = was_public & Q(status=Review.Status.PUBLISHED) & _within("corrected_at", choices, until)
    retracted = was_public & Q(status=Review.Status.RETRACTED) & _within("updated_at", choices, until)
    published = Q(status=Review.Status.PUBLISHED) & _within("published_at", choices, until)
    reviews = Review.objects.of_tools(tools).filter(corrected | retracted | published)
    changes: dict[UUID, list[ReviewChange]] = {}
    reviews = reviews.select_related("reviewer", "tool").annotate(former_verdict=_former_verdict(choices))
    for review in reviews.in_roster_order() if tools else []:
        is_retracted = review.status == Review.Status.RETRACTED
        known = "retracted" if is_retracted else "corrected"
        change = ReviewChange(
            review_id=review.pk,
            reviewer=review.reviewer.name,
            tool=review.tool.name,
            action=known if review.published_at <= choices.since else "reviewed",
            verdict=review.verdict,
            former_verdict=review.former_verdict,
            quote="" if is_retracted else review.quote,
            is_followed=review.reviewer.slug in choices.reviewers,
        )
        changes.setdefault(review.tool_id, []).append(change)
    return changes


def _former_verdict(choices: Choices) -> Subquery:
    """What a review said at the end of the reader's last edition, if it was corrected since."""
    since = ReviewRevision.objects.filter(review=OuterRef("pk"), ended_at__gt=choices.since)
    return Subquery(since.order_by("number").values("verdict")[:1])


def _public_reviews() -> ReviewQuerySet:
    return Review.objects.published().select_related("reviewer", "tool__category")


def _reviews(choices: Choices, until: datetime, *, besides: Collection[UUID]) -> list[Item]:
    """What the reviewers whom the reader follows published, on whatever topic; the latest first."""
    if not choices.reviewers:
        return []
    reviews = (
        _public_reviews()
        .filter(_within("published_at", choices, until), reviewer__slug__in=choices.reviewers)
        .exclude(pk__in=besides)
    )
    return [
        _review_item(REVIEW, review, because=because_of_following(review.reviewer.name))
        for review in reviews.order_by("-published_at", "-id")[: AT_MOST[REVIEW]]
    ]


def _corrections(choices: Choices, until: datetime, *, besides: Collection[UUID]) -> list[Item]:
    """Reviews in the reader's topics, or by reviewers they follow, that were out before and say something else now."""
    reviews = (
        _public_reviews()
        .filter(_within("corrected_at", choices, until), published_at__lte=choices.since)
        .exclude(pk__in=besides)
    )
    reviews = reviews.annotate(former_verdict=_former_verdict(choices))
    if choices.topics is not None:
        reviews = reviews.filter(
            Q(tool__category__slug__in=choices.topics) | Q(reviewer__slug__in=choices.reviewers)
        )
    return [
        _review_item(
            CORRECTION,
            review,
            because=_because_of_correction(review, choices),
            former_verdict=review.former_verdict,
        )
        for review in reviews.order_by("-corrected_at", "-id")[: AT_MOST[CORRECTION]]
    ]


def _because_of_correction(review: Review, choices: Choices) -> Because:
    if review.reviewer.slug in choices.reviewers:
        return because_of_following(review.reviewer.name)
    return because_of_topics([_side(review.tool)], choices)


def _review_item(kind: str, review: Review, *, because: Because, former_verdict: str | None = None) -> Item:
    return review_item(
        kind=kind,
        reviewer=review.reviewer.name,
        side=_side(review.tool),
        verdict=review.verdict,
        quote=review.quote,
        provenance=review_provenance(
            reviewer_kind=review.reviewer.kind, basis=review.basis, disclosure=review.disclosure
        ),
        former_verdict=former_verdict,
        because=because,
    )


def write_crowd_down(*, until: datetime) -> None:
    """Write each tool's line of the last whole day before `until`, in case beat missed it."""
    close_day(day=last_day_over(until - SETTLING), now=until)


def last_day_over(moment: datetime) -> date:
    return moment.astimezone(UTC).date() - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _CrowdMove:
    tool: Tool
    before: TallyCount
    now: TallyCount

    def item(self, choices: Choices) -> Item:
        return crowd_item(side=_side(self.tool), before=self.before, now=self.now, choices=choices)

    def order(self) -> tuple[int, int, str]:
        return -moved_points(self.before, self.now), -self.now.total, self.tool.slug


def _crowd_moves(choices: Choices, until: datetime) -> list[_CrowdMove]:
    """Tools on which the crowd's answer moved, the farthest first.

    Both numbers are those of the last whole day. An edition begins at the line where the one before ended, so that
    no move is told twice or left out.
    """
    known, told = last_day_over(choices.since), last_day_over(until)
    # A tally that is not in the line of the known day became public after it.
    known_until = datetime.combine(known + timedelta(days=1), time.min, UTC)
    tools = Tool.objects.published().filter(published_tally__as_of__gte=known_until)
    # A crowd that may decide nothing has no answer to tell.
    tools = tools.exclude(published_tally__bound_low=None)
    if choices.topics is not None:
        tools = tools.filter(category__slug__in=choices.topics)
    days = TallyDay.objects.filter(tool=OuterRef("pk")).order_by("-day")
    lines = days.values(counts=JSONObject(ship="ship", skip="skip"))
    tools = tools.annotate(
        known=Subquery(lines.filter(day__lte=known)[:1]), told=Subquery(lines.filter(day__lte=told)[:1])
    )
    moved = [
        _CrowdMove(tool, before, now)
        for tool in tools.select_related("category").defer("search", "description")
        if has_moved(before := _count(tool.known), now := _count(tool.told))
    ]
    return sorted(moved, key=_CrowdMove.order)


def _count(line: dict[str, int] | None) -> TallyCount:
    return TallyCount.with_bounds(**line) if line else TallyCount()
