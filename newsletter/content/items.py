"""An item of an edition, which is one story: its kinds in the order of the mail, and the choices that bring it in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.content.words import listed, plain, shortened

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

MAX_NAME_IN_SUBJECT = 40
EACH_COMPARISON = "each_comparison"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader chose: slugs of categories (None: all) and of reviewers; `since` is when their last edition ended."""

    topics: tuple[str, ...] | None
    reviewers: tuple[str, ...]
    frequency: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Because:
    """The choices of a reader that something is in the mail for: names of topics and of reviewers followed."""

    topics: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    gets_every_topic: bool = False
    gets_each_comparison: bool = False

    def __or__(self, other: "Because") -> "Because":
        return Because(
            topics=tuple(dict.fromkeys(self.topics + other.topics)),
            follows=tuple(dict.fromkeys(self.follows + other.follows)),
            gets_every_topic=self.gets_every_topic or other.gets_every_topic,
            gets_each_comparison=self.gets_each_comparison or other.gets_each_comparison,
        )

    def sentence(self) -> str:
        """Empty where it is in for every reader."""
        if self.gets_each_comparison:
            where = f" in {listed(self.topics)}" if self.topics else ""
            return f"Because you asked for each new comparison{where}."
        reasons = [
            *(["get every topic"] if self.gets_every_topic else []),
            *([f"chose {listed(self.topics)}"] if self.topics else []),
            *([f"follow {listed(self.follows)}"] if self.follows else []),
        ]
        return f"Because you {', and '.join(reasons)}." if reasons else ""


@dataclass(frozen=True, slots=True)
class Option:
    """A tool that a reader may choose, and where on the site."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Item:
    """One story. `mark` says it at a glance, `path` is its page on the site, `because` the choices that it is in for."""

    kind: str
    title: str
    mark: str
    # The colour of the mark: `ship`, `skip`, `tie` or `none`.
    tone: str
    detail: str
    quote: str
    path: str
    because: Because
    # The item as a subject line.
    headline: str
    # Of a pair: its two tools, for the question which one the reader would ship with.
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """A tool as an item names it."""

    slug: str
    name: str
    topic: str
    topic_name: str


def because_of_topics(sides: Iterable[Side], choices: Choices) -> Because:
    """The reader's topics that the tools are of."""
    chosen = {plain(side.topic_name): None for side in sides if side.topic in (choices.topics or ())}
    is_each = choices.frequency == EACH_COMPARISON
    return Because(
        topics=tuple(chosen), gets_every_topic=not (chosen or is_each), gets_each_comparison=is_each
    )


def because_of_following(reviewer: str) -> Because:
    return Because(follows=(plain(reviewer),))


def told_apart(items: Iterable[Item]) -> tuple[Item, ...]:
    """Items of one title with the end of their pages' addresses behind it: tools may share a name."""
    told = tuple(items)
    pages: dict[str, set[str]] = {}
    for item in told:
        pages.setdefault(item.title, set()).add(item.path)
    return tuple(
        replace(item, title=f"{item.title} ({item.path.rpartition('/')[2]})")
        if len(pages[item.title]) > 1
        else item
        for item in told
    )


def brief(name: str) -> str:
    """A name as a subject line has room for it."""
    return shortened(plain(name), MAX_NAME_IN_SUBJECT)
