"""Composes an edition for one group of readers: reads what changed since their last one, and makes a mail of it."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import models
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from catalog.models import Tool
from comparisons.changes import VerdictSnapshot, has_changed
from comparisons.models import Comparison, VerdictChange
from comparisons.pairs.selectors import (
    comparisons_with_guidance,
    conditions_of,
    guidance_of,
    pair_from_counts,
    tools_with_fits,
)
from comparisons.verdict import decide
from newsletter.content.items import (
    AT_MOST,
    COMPARISON,
    CORRECTION,
    CROWD,
    EACH_COMPARISON,
    MAX_SUBJECT,
    REVIEW,
    VERDICT,
    Choices,
    Item,
    Side,
    comparison_item,
    comparison_rank,
    crowd_item,
    default_intro,
    default_subject,
    has_moved,
    moved_points,
    plain,
    review_change,
    review_item,
    review_provenance,
    rule_item,
    shortened,
    verdict_item,
    verdict_rank,
    why_follows,
    why_topics,
)
from newsletter.content.rendering import Content, paragraphs_of, render_html, render_text
from reviews.models import Review
from reviews.querysets import ReviewQuerySet
from votes.models import ClosedDay, TallyDay
from votes.tallies.day_lines import close_day
from votes.tally import TallyCount

__all__ = ["Choices", "Composed", "Item", "compose", "gather", "write_crowd_down"]

# An import may bring thousands: the best items are chosen among this many of the latest.
READ_AT_MOST = 500
# Gmail shows the first 102 kB; of an edition that is longer the last items are left out.
MAX_BYTES = 100_000
# A time is noted before it is committed: what is younger may have neighbours that can't be seen yet, and an edition
# that told one of them would lose the other.
SETTLING = timedelta(minutes=5)
# The long columns of a tool, which no item shows.
_UNSAID = [
    f"{side}__{field}" for side in ("first_tool", "second_tool") for field in ("search", "description")
]


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail for all readers with the same choices, with marks where each reader's own links go."""

    subject: str
    intro: str
    html: str
    text: str
    items: tuple[Item, ...]


def compose(
    *, choices: Choices, until: datetime, subject: str = "", intro: str = "", is_personal: bool = True
) -> Composed | None:
    """The mail for these choices with the changes up to `until`, or None where there are none. A query more than `gather`.

    An empty subject or intro is made from the items. `{{unsubscribe_url}}` and `{{preferences_url}}` stand where each
    reader's own links go; without `is_personal`, for the archive, there are none. Items that make the HTML MAX_BYTES
    or longer are left out from the end.
    """
    items = gather(choices=choices, until=until)
    days = ClosedDay.objects.filter(day__lte=_last_day_over(until - SETTLING)) if items else None
    closed_day = days.order_by("-day").first() if days is not None else None
    while items:
        content = Content(
            subject=shortened(plain(subject), MAX_SUBJECT) or default_subject(items),
            intro="\n\n".join(paragraphs_of(intro)) or default_intro(items),
            items=items,
            since=choices.since,
            until=until,
            is_personal=is_personal,
            closed_day=closed_day,
        )
        html = render_html(content)
        if len(items) == 1 or len(html.encode()) < MAX_BYTES:
            text = render_text(content)
            return Composed(subject=content.subject, intro=content.intro, html=html, text=text, items=items)
        items = items[:-1]
    return None


def has_new_comparisons(*, since: datetime, until: datetime) -> bool:
    """Whether a day's mail of that period has anything to tell to anybody. One query."""
    news = Q(public_at__gt=since - SETTLING, public_at__lte=until - SETTLING)
    return Comparison.objects.published().filter(news).exists()


def gather(*, choices: Choices, until: datetime) -> tuple[Item, ...]:
    """All items for these choices, in the order of the mail; at most seven queries, for any number of items.

    Readers of each new comparison get only those. Both ends of the period lie SETTLING earlier than given, so that a
    change that is too fresh for one edition is in the next.
    """
    choices, until = replace(choices, since=choices.since - SETTLING), until - SETTLING
    items = {kind: list[Item]() for kind in AT_MOST}
    items[COMPARISON] = _comparisons(choices, until)
    if choices.frequency != EACH_COMPARISON:
        items[VERDICT] = _verdicts(choices, until)
        items[REVIEW] = _reviews(choices, until)
        items[CROWD] = _crowd(choices, until)
        items[CORRECTION] = _corrections(choices, until)
    return tuple(item for kind, most in AT_MOST.items() for item in items[kind][:most])


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


def _verdicts(choices: Choices, until: datetime) -> list[Item]:
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
    found = [
        (
            verdict_rank(each.before, each.after),
            verdict_item(
                title=_title(each.pair),
                before=each.before,
                after=each.after,
                names=(_winner_name(each.before), _winner_name(each.after)),
                review_changes=[
                    change for side in _tool_ids(each.pair) for change in changes_by_tool.get(side, [])
                ],
                sides=_sides(each.pair),
                choices=choices,
            ),
        )
        for each in changed
    ]
    of_the_rule = _rule_change(changes.filter(cause=VerdictChange.Cause.RULE))
    return [*of_the_rule, *(item for _, item in sorted(found, key=lambda each: each[0]))]


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


def _review_changes(tools: set[UUID], choices: Choices, until: datetime) -> dict[UUID, list[str]]:
    """What reviewers did to the panels of these tools, by the tool: one query."""
    was_public = Q(published_at__lte=choices.since)
    corrected = was_public & Q(status=Review.Status.PUBLISHED) & _within("corrected_at", choices, until)
    retracted = was_public & Q(status=Review.Status.RETRACTED) & _within("updated_at", choices, until)
    published = Q(status=Review.Status.PUBLISHED) & _within("published_at", choices, until)
    reviews = Review.objects.of_tools(tools).filter(corrected | retracted | published)
    changes: dict[UUID, list[str]] = {}
    for review in reviews.select_related("reviewer", "tool").in_roster_order() if tools else []:
        known = "retracted" if review.status == Review.Status.RETRACTED else "corrected"
        action = known if review.published_at <= choices.since else "reviewed"
        said = review_change(reviewer=review.reviewer.name, tool=review.tool.name, action=action)
        changes.setdefault(review.tool_id, []).append(said)
    return changes


def _winner_name(verdict: VerdictSnapshot[Tool]) -> str | None:
    return verdict.winner.name if verdict.winner else None


def _public_reviews() -> ReviewQuerySet:
    return Review.objects.published().select_related("reviewer", "tool__category")


def _reviews(choices: Choices, until: datetime) -> list[Item]:
    """What the reviewers whom the reader follows published, on whatever topic; the latest first."""
    if not choices.reviewers:
        return []
    reviews = _public_reviews().filter(
        _within("published_at", choices, until), reviewer__slug__in=choices.reviewers
    )
    return [
        _review_item(REVIEW, review, why=why_follows(review.reviewer.name))
        for review in reviews.order_by("-published_at", "-id")[: AT_MOST[REVIEW]]
    ]


def _corrections(choices: Choices, until: datetime) -> list[Item]:
    """Reviews in the reader's topics, or by reviewers they follow, that were out before and say something else now."""
    reviews = _public_reviews().filter(
        _within("corrected_at", choices, until), published_at__lte=choices.since
    )
    if choices.topics is not None:
        reviews = reviews.filter(
            Q(tool__category__slug__in=choices.topics) | Q(reviewer__slug__in=choices.reviewers)
        )
    return [
        _review_item(CORRECTION, review, why=_why_corrected(review, choices))
        for review in reviews.order_by("-corrected_at", "-id")[: AT_MOST[CORRECTION]]
    ]


def _why_corrected(review: Review, choices: Choices) -> str:
    if review.reviewer.slug in choices.reviewers:
        return why_follows(review.reviewer.name)
    return why_topics([_side(review.tool)], choices)


def _review_item(kind: str, review: Review, *, why: str) -> Item:
    return review_item(
        kind=kind,
        reviewer=review.reviewer.name,
        side=_side(review.tool),
        verdict=review.verdict,
        quote=review.quote,
        provenance=review_provenance(
            reviewer_kind=review.reviewer.kind, basis=review.basis, disclosure=review.disclosure
        ),
        revision=review.revision,
        why=why,
    )


def write_crowd_down(*, until: datetime) -> None:
    """Write each tool's line of the last whole day before `until`, in case beat missed it."""
    close_day(day=_last_day_over(until - SETTLING), now=until)


def _last_day_over(moment: datetime) -> date:
    return moment.astimezone(UTC).date() - timedelta(days=1)


def _crowd(choices: Choices, until: datetime) -> list[Item]:
    """Tools on which the crowd's answer moved, the farthest first.

    Both numbers are those of the last whole day. An edition begins at the line where the one before ended, so that
    no move is told twice or left out.
    """
    known, told = _last_day_over(choices.since), _last_day_over(until)
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
        (tool, before, now)
        for tool in tools.select_related("category").defer("search", "description")
        if has_moved(before := _count(tool.known), now := _count(tool.told))
    ]
    return [
        crowd_item(side=_side(tool), before=before, now=now, choices=choices)
        for tool, before, now in sorted(moved, key=_crowd_order)
    ]


def _count(line: dict[str, int] | None) -> TallyCount:
    return TallyCount.with_bounds(**line) if line else TallyCount()


def _crowd_order(moved: tuple[Tool, TallyCount, TallyCount]) -> tuple[int, int, str]:
    tool, before, now = moved
    return -moved_points(before, now), -now.total, tool.slug
