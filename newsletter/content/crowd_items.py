"""What an edition says of tools on which the crowd moved."""

from newsletter.content.items import CROWD, Choices, Item, Side, because_of_topics, brief
from newsletter.content.words import plain
from votes.tally import MIN_VOTES, TallyCount

# From this many points on, readers have moved on a tool; with fewer than MIN_VOTES votes a single one moves five.
MOVED_POINTS = 10


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


def crowd_mark(before: TallyCount, now: TallyCount) -> str:
    """The new number beside the old."""
    return f"{before.percent} → {now.percent}% ship" if before.total else f"{now.percent}% ship"


def crowd_item(*, side: Side, before: TallyCount, now: TallyCount, choices: Choices) -> Item:
    now_words = f"{now.ship:,} of {now.total:,} voters ship it"
    if before.total:
        moved = f"{now_words} now, {before.ship:,} of {before.total:,} did before."
        tone = "ship" if (now.percent or 0) >= (before.percent or 0) else "skip"
    else:
        moved = f"{now_words}."
        tone = "ship" if now.call == "ship" else "skip"
    mark = crowd_mark(before, now)
    return Item(
        kind=CROWD,
        title=plain(side.name),
        mark=mark,
        tone=tone,
        # Beside the percentage a call says nothing new, unless there is none.
        detail=moved if now.call in {"ship", "skip"} else f"{moved} That leaves it open.",
        quote="",
        path=f"/tools/{side.slug}",
        because=because_of_topics([side], choices),
        headline=f"The crowd on {brief(side.name)}: {mark}",
    )
