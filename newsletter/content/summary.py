"""The edition's own words: what its subject, its intro and the line behind the subject say where nobody wrote them."""

from collections.abc import Sequence

from newsletter.content.items import AT_MOST, COMPARISON, CORRECTION, CROWD, REVIEW, VERDICT, Item
from newsletter.content.words import excerpt, listed, shortened

MAX_SUBJECT = 150
MAX_PREHEADER = 140

_COUNTED = {
    COMPARISON: ("new comparison", "new comparisons"),
    VERDICT: ("verdict that changed", "verdicts that changed"),
    REVIEW: ("review by reviewers you follow", "reviews by reviewers you follow"),
    CROWD: ("tool on which the crowd moved", "tools on which the crowd moved"),
    CORRECTION: ("review corrected", "reviews corrected"),
}


def default_subject(items: Sequence[Item]) -> str:
    more = f", and {len(items) - 1} more" if len(items) > 1 else ""
    return shortened(items[0].headline, MAX_SUBJECT - len(more)) + more


def default_intro(items: Sequence[Item]) -> str:
    """How many items of each kind there are."""
    counts = {kind: sum(item.kind == kind for item in items) for kind in AT_MOST}
    parts = [f"{count} {_COUNTED[kind][count > 1]}" for kind, count in counts.items() if count]
    return f"In this edition: {listed(parts)}."


def preheader(items: Sequence[Item]) -> str:
    """What an inbox shows behind the subject: the items that the subject does not name, as many as there is room for."""
    said = items[1].headline if len(items) > 1 else items[0].detail
    for item in items[2:4]:
        if len(longer := f"{said}; {item.headline}") > MAX_PREHEADER:
            break
        said = longer
    return excerpt(said, MAX_PREHEADER)
