"""The items of an edition: one for each change, in words, and their order."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.validators import visible_text
from comparisons.changes import CAUSES, PANEL, VerdictSnapshot, cause_of, verdict_words
from comparisons.models import pair_slug
from comparisons.pairs.selectors import summary_of
from comparisons.rules import MIN_PANEL, crowd_favorite
from comparisons.verdict import Verdict
from votes.tally import MIN_VOTES, TallyCount

COMPARISON, VERDICT, REVIEW, CROWD, CORRECTION = "comparison", "verdict", "review", "crowd", "correction"

# In the order of the mail, with how many of each it tells at most.
AT_MOST = {COMPARISON: 8, VERDICT: 6, REVIEW: 6, CROWD: 5, CORRECTION: 5}
HEADINGS = {
    COMPARISON: "New comparisons",
    VERDICT: "Verdicts that changed",
    REVIEW: "From reviewers you follow",
    CROWD: "The crowd moved",
    CORRECTION: "Reviews corrected",
}
_COUNTED = {
    COMPARISON: ("new comparison", "new comparisons"),
    VERDICT: ("verdict that changed", "verdicts that changed"),
    REVIEW: ("review by reviewers you follow", "reviews by reviewers you follow"),
    CROWD: ("tool on which the crowd moved", "tools on which the crowd moved"),
    CORRECTION: ("review corrected", "reviews corrected"),
}

# From this many points on, readers have moved on a tool; with fewer than MIN_VOTES votes a single one moves five.
MOVED_POINTS = 10

_WRITERS = {"human": "person", "persona": "persona"}
_BASES: dict[str | None, str] = {
    "tested": "after a test of the tool",
    "read": "from public documents, without a test",
    "synthetic": "without a test and without sources",
}

MAX_QUOTE = 280
MAX_NAME_IN_SUBJECT = 40
MAX_SUBJECT = 150
# Of a verdict's sentence: whole names say more in an inbox than numbers beside shortened ones.
MAX_HEADLINE = 90
EACH_COMPARISON = "each_comparison"

_LONG_RUN = re.compile(r"\S{100}(?=\S)")
_STRENGTHS = {"unanimous": 0, "clear": 1, "narrow": 2}
_HOW = {"unanimous": "unanimously", "clear": "clearly", "narrow": "narrowly"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader chose: slugs of categories (None: all) and of reviewers; `since` is when their last edition ended."""

    topics: tuple[str, ...] | None
    reviewers: tuple[str, ...]
    frequency: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One change. `mark` says it at a glance, `path` is its page on the site, `why` names the choice that it is in for."""

    kind: str
    title: str
    mark: str
    # The colour of the mark: `ship`, `skip`, `tie` or `none`.
    tone: str
    detail: str
    quote: str
    path: str
    why: str
    # The item as a subject line.
    headline: str


@dataclass(frozen=True, slots=True)
class Side:
    """A tool as an item names it."""

    slug: str
    name: str
    topic: str
    topic_name: str


# --- Text ---------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Foreign text as one line, without active or hidden parts: controls, changes of direction, marks of links."""
    text = visible_text(text)
    text = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    # So that foreign text can't hold a mark that a reader's own link replaces.
    text = re.sub(r"\{(?=\{)", "{ ", text)
    # Mail servers cut lines of more than 998 bytes, and a word is never broken elsewhere.
    text = _LONG_RUN.sub(r"\g<0> ", text)
    return " ".join(text.split())


def shortened(text: str, limit: int) -> str:
    """At most so many characters, cut between words where there are any."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > limit // 2 else cut).rstrip(" ,;:.") + "…"


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


# --- Why ----------------------------------------------------------------------------------------


def why_topics(sides: Iterable[Side], choices: Choices) -> str:
    """The reader's choice that the item is in for."""
    chosen = {plain(side.topic_name): None for side in sides if side.topic in (choices.topics or ())}
    if choices.frequency == EACH_COMPARISON:
        where = f" in {listed(list(chosen))}" if chosen else ""
        return f"Because you asked for each new comparison{where}."
    return f"Because you chose {listed(list(chosen))}." if chosen else "Because you get every topic."


def why_follows(reviewer: str) -> str:
    return f"Because you follow {plain(reviewer)}."


# --- Kinds --------------------------------------------------------------------------------------


def comparison_item(
    *,
    title: str,
    note: str,
    verdict: Verdict,
    when: tuple[Sequence[str], Sequence[str]],
    sides: tuple[Side, Side],
    choices: Choices,
) -> Item:
    """`when` are the conditions of each tool, the words after "if"."""
    winner = next((side.name for side in sides if side.slug == verdict.winner), None)
    mark, tone = verdict_mark(outcome=verdict.outcome, winner=winner)
    lead = summary_of(verdict, when=when, limit=MAX_HEADLINE)
    return Item(
        kind=COMPARISON,
        title=plain(title),
        mark=mark,
        tone=tone,
        detail=verdict_detail(verdict),
        quote=shortened(plain(note), MAX_QUOTE),
        path=_pair_path(sides),
        why=why_topics(sides, choices),
        headline=plain(lead).removesuffix("."),
    )


def verdict_detail(verdict: Verdict) -> str:
    """What decided, with its numbers, the winner's first or in the tools' order; and what contests it."""
    pair = verdict.evidence
    sides = (1, 0) if verdict.winner == pair.second.slug else (0, 1)
    one, other = (pair.tools[side] for side in sides)
    shared, answers, picks = pair.shared, pair.head_to_heads, pair.picks
    ships, other_ships = ((shared.first, shared.second)[side] for side in sides)
    crowd = f"{one.community.percent}% against {other.community.percent}%"
    how = _HOW.get(verdict.strength or "", "").capitalize()
    match verdict.decided_by:
        case "panel":
            said = f"{how}: {ships} of {shared.total} reviewers of both ship it, {other_ships} the other."
        case "head_to_head":
            chose, other_chose = ((answers.first, answers.second)[side] for side in sides)
            said = f"Asked to choose, the panel says so {how.lower()}: {chose} to {other_chose}."
        case "community":
            said = f"The panel doesn't decide. The crowd does, {how.lower()}: {crowd}."
        case "picks":
            picked, other_picked = ((picks.first, picks.second)[side] for side in sides)
            said = f"Neither panel nor crowd decides. Readers pick it {how.lower()}: {picked:,} to {other_picked:,}."
        case _ if verdict.outcome == "insufficient":
            reviewed = {0: "nobody has", 1: "one has"}.get(shared.total, f"{shared.total} have")
            return f"A verdict needs {MIN_PANEL} reviewers of both tools; {reviewed} reviewed both so far."
        case _:
            said = f"The panel is level: {ships} of {shared.total} reviewers of both would ship either."
    return " ".join([said, *_beside(verdict, crowd)])


def _beside(verdict: Verdict, crowd: str) -> Iterator[str]:
    """What the crowd says, where it may decide and did not."""
    pair = verdict.evidence
    favorite = crowd_favorite(pair.inputs)
    if verdict.decided_by == "community":
        return
    if favorite is not None and verdict.winner:
        agrees = pair.tools[favorite].slug == verdict.winner
        yield f"The crowd {'agrees' if agrees else 'disagrees'}: {crowd}."
    elif all(votes.decides for votes in pair.inputs.votes):
        yield f"The crowd can't tell them apart: {crowd}."


def comparison_rank(verdict: Verdict) -> tuple[int, int]:
    """Winners before ties before pairs without a verdict; the surest first."""
    outcomes = {"winner": 0, "tie": 1, "insufficient": 2}
    return outcomes[verdict.outcome], _STRENGTHS.get(verdict.strength or "", 0)


def verdict_item(
    *,
    title: str,
    before: VerdictSnapshot[object],
    after: VerdictSnapshot[object],
    names: tuple[str | None, str | None],
    review_changes: Sequence[str],
    sides: tuple[Side, Side],
    choices: Choices,
) -> Item:
    """`names` are those of the winners before and after, `review_changes` what reviewers did to the tools' reviews."""
    mark, tone = verdict_mark(outcome=after.outcome, winner=names[1])
    was, now_is = (
        verdict_words(verdict, winner=name) for verdict, name in zip((before, after), names, strict=True)
    )
    cause = cause_of(before, after)
    why = review_changes_in_words(review_changes) if cause == PANEL and review_changes else CAUSES[cause]
    # Where the winner stays, its name does not show the change.
    is_now = f" Now: {now_is}." if before.winner == after.winner else ""
    detail = f"Before: {was}.{is_now} {why}"
    now = f"now ship {_brief(names[1])}" if names[1] else f"now {mark.lower()}"
    return Item(
        kind=VERDICT,
        title=plain(title),
        mark=mark,
        tone=tone,
        detail=plain(detail),
        quote="",
        path=_pair_path(sides),
        why=why_topics(sides, choices),
        headline=f"{_both(sides)}: {now}",
    )


def rule_item(*, rule: str, pairs: int, turned: int) -> Item:
    """Another rule of verdicts, by its version: to how many pairs it was applied, and how many it turned."""
    of_pairs = "the only pair" if pairs == 1 else f"{pairs:,} pairs"
    answers = {0: "none has", 1: "one has"}.get(turned, f"{turned:,} have")
    return Item(
        kind=VERDICT,
        title="The rule of verdicts changed",
        mark=f"Rule {rule}",
        tone="none",
        detail=f"Verdicts are found by rule {rule} now. Of {of_pairs}, {answers} another answer than before.",
        quote="",
        path="/comparisons",
        why="Because it concerns every verdict.",
        headline=f"The rule of verdicts changed: of {of_pairs}, {answers} another answer",
    )


def review_change(*, reviewer: str, tool: str, action: str) -> str:
    """What a reviewer did: `reviewed`, `corrected` or `retracted`."""
    of_what = "" if action == "reviewed" else " a review of"
    return f"{reviewer} {action}{of_what} {tool}"


def review_changes_in_words(review_changes: Sequence[str]) -> str:
    """The first two, and how many more."""
    more = [f"{len(review_changes) - 2} more reviews changed"] if len(review_changes) > 3 else []
    return f"{listed([*review_changes[: 2 if more else 3], *more])}."


def verdict_rank(before: VerdictSnapshot[object], after: VerdictSnapshot[object]) -> int:
    """Another winner, then one that came or went, then all else."""
    winners = before.winner, after.winner
    if None not in winners and before.winner != after.winner:
        return 0
    return 1 if None in winners and winners != (None, None) else 2


def verdict_mark(*, outcome: str, winner: str | None) -> tuple[str, str]:
    """The verdict at a glance, and its tone."""
    if winner:
        return f"Ship {plain(winner)}", "ship"
    return ("A tie", "tie") if outcome == "tie" else ("No verdict yet", "none")


def review_item(
    *,
    kind: str,
    reviewer: str,
    side: Side,
    verdict: str,
    quote: str,
    provenance: str,
    revision: int,
    why: str,
) -> Item:
    """A review that is new, or one that was corrected."""
    title = f"{plain(reviewer)} on {plain(side.name)}"
    is_correction = kind == CORRECTION
    correction = f"Corrected: this is revision {revision} of the review. " if is_correction else ""
    return Item(
        kind=kind,
        title=title,
        mark=verdict.capitalize(),
        tone=verdict,
        detail=correction + provenance,
        quote=shortened(plain(quote), MAX_QUOTE),
        path=f"/tools/{side.slug}",
        why=why,
        headline=f"{_brief(reviewer)} on {_brief(side.name)}: {'corrected' if is_correction else verdict}",
    )


def review_provenance(*, reviewer_kind: str, basis: str | None, disclosure: str) -> str:
    """Who wrote a review, what it stands on, and the ties that were declared; KeyError for a draft without a basis."""
    ties = f" Ties to the maker: {_sentence(disclosure)}" if disclosure else ""
    return f"By a {_WRITERS[reviewer_kind]}, {_BASES[basis]}.{ties}"


def _sentence(text: str) -> str:
    text = plain(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def has_moved(before: TallyCount, now: TallyCount) -> bool:
    """Whether the crowd's answer on a tool moved: by at least MOVED_POINTS points, or to another call."""
    if now.total < MIN_VOTES:
        return False
    if before.total >= MIN_VOTES and moved_points(before, now) >= MOVED_POINTS:
        return True
    # A first answer of `undecided` is no move.
    return before.call != now.call and (before.call, now.call) != (None, "undecided")


def moved_points(before: TallyCount, now: TallyCount) -> int:
    return abs((now.percent or 0) - (before.percent or 0)) if before.total else 0


def crowd_item(*, side: Side, before: TallyCount, now: TallyCount, choices: Choices) -> Item:
    said = {
        "ship": "The crowd says ship.",
        "skip": "The crowd says skip.",
        "undecided": "The crowd is undecided.",
    }
    now_words = f"{now.ship} of {now.total} voters ship it now"
    if before.total:
        mark = f"{before.percent} → {now.percent}% ship"
        moved = f"{now_words}, {before.ship} of {before.total} did before."
        tone = "ship" if (now.percent or 0) >= (before.percent or 0) else "skip"
    else:
        mark, moved = f"{now.percent}% ship", f"{now_words}; nobody had voted before."
        tone = "ship" if now.call == "ship" else "skip"
    return Item(
        kind=CROWD,
        title=plain(side.name),
        mark=mark,
        tone=tone,
        detail=f"{moved} {said[now.call or 'undecided']}",
        quote="",
        path=f"/tools/{side.slug}",
        why=why_topics([side], choices),
        headline=f"The crowd on {_brief(side.name)}: {mark}",
    )


def _pair_path(sides: tuple[Side, Side]) -> str:
    return f"/comparisons/{pair_slug(*(side.slug for side in sides))}"


def _brief(name: str | None) -> str:
    return shortened(plain(name or ""), MAX_NAME_IN_SUBJECT)


def _both(sides: tuple[Side, Side]) -> str:
    return " vs ".join(_brief(side.name) for side in sides)


# --- The edition's own words --------------------------------------------------------------------


def default_subject(items: Sequence[Item]) -> str:
    more = f", and {len(items) - 1} more" if len(items) > 1 else ""
    return shortened(items[0].headline, MAX_SUBJECT - len(more)) + more


def default_intro(items: Sequence[Item]) -> str:
    """How many items of each kind there are."""
    counts = {kind: sum(item.kind == kind for item in items) for kind in AT_MOST}
    parts = [f"{count} {_COUNTED[kind][count > 1]}" for kind, count in counts.items() if count]
    return f"In this edition: {listed(parts)}."


def preheader(items: Sequence[Item]) -> str:
    """What an inbox shows behind the subject: the items that the subject does not name."""
    return shortened("; ".join(item.headline for item in items[1:4]) or items[0].detail, 140)
