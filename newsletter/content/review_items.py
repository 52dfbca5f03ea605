"""What an edition says of reviews: those that are new, and those that were corrected."""

from newsletter.content.items import CORRECTION, Because, Item, Side, brief
from newsletter.content.words import MAX_QUOTE, excerpt, plain, sentence

_WRITERS = {"human": "person", "persona": "persona"}
_BASES: dict[str | None, str] = {
    "tested": "after a test of the tool",
    "read": "from public documents, without a test",
    "synthetic": "without a test and without sources",
}


def review_item(
    *,
    kind: str,
    reviewer: str,
    side: Side,
    verdict: str,
    former_verdict: str | None,
    quote: str,
    provenance: str,
    because: Because,
) -> Item:
    """A review that is new, or one that was corrected; `former_verdict` is what it said before, where that is known."""
    is_turned = former_verdict not in {None, verdict}
    mark = (
        f"{str(former_verdict).capitalize()} → {verdict.capitalize()}" if is_turned else verdict.capitalize()
    )
    said = f"now {verdict}" if is_turned else "corrected" if kind == CORRECTION else verdict
    corrected = "Corrected; the verdict stays. " if former_verdict == verdict else ""
    return Item(
        kind=kind,
        title=f"{plain(reviewer)} on {plain(side.name)}",
        mark=mark,
        tone=verdict,
        detail=corrected + provenance,
        quote=excerpt(quote, MAX_QUOTE),
        path=f"/tools/{side.slug}",
        because=because,
        headline=f"{brief(reviewer)} on {brief(side.name)}: {said}",
    )


def review_provenance(*, reviewer_kind: str, basis: str | None, disclosure: str) -> str:
    """Who wrote a review, what it stands on, and the ties that were declared; KeyError for a draft without a basis."""
    ties = f" Ties to the maker: {sentence(disclosure)}" if disclosure else ""
    return f"By a {_WRITERS[reviewer_kind]}, {_BASES[basis]}.{ties}"
