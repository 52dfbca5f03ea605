"""What curators do to reviews and head-to-heads: each action happens or says why it did not."""

from datetime import datetime

from django.db import IntegrityError, transaction

from backend.admin.errors import CurationError
from catalog.workflow import UNPUBLISHED
from reviews.models import HeadToHead, Review, Reviewer
from reviews.revisions import other_drafts

# A quote is a sentence at least, and no article: those of readers' pages have up to a thousand characters.
QUOTE_LENGTH = range(20, 1_501)


def missing(opinion: Review | HeadToHead) -> list[str]:
    """What readers would miss of what is published so, in sentences."""
    found = []
    if opinion.basis == Review.Basis.TESTED and not opinion.evidence:
        found.append("It was tested, and no evidence shows it.")
    if opinion.quote and len(opinion.quote) not in QUOTE_LENGTH:
        found.append(
            f"The quote has {len(opinion.quote):,} characters: {QUOTE_LENGTH.start} to {QUOTE_LENGTH.stop - 1:,} are right."
        )
    if opinion.reviewer.kind == Reviewer.Kind.HUMAN and not opinion.disclosure:
        found.append(
            "The disclosure is empty: name the reviewer's ties to the maker, or write that there are none."
        )
    return found


def publish(opinion: Review | HeadToHead, *, now: datetime, even_incomplete: bool = False) -> None:
    """Publish a draft; raises CurationError for anything else, for one without a basis or without what was read, where the
    reviewer has a live one or another draft on the same, or where an inactive reviewer would answer a pair. What readers
    would miss is refused too, unless `even_incomplete`: somebody said then what speaks for it.

    What was retracted is brought back on its own page: that is a decision about one row, not about a selection.
    """
    if not opinion.basis:
        raise CurationError("it has no basis")
    if opinion.basis == Review.Basis.READ and not opinion.evidence:
        raise CurationError("it names nothing that was read")
    if isinstance(opinion, HeadToHead) and not opinion.reviewer.is_active:
        raise CurationError("the reviewer is not active")
    if other_drafts(opinion).exists():
        raise CurationError(
            "the reviewer has another draft of it: open the one that you mean, which shows both"
        )
    if not even_incomplete and (lacks := missing(opinion)):
        raise CurationError(" ".join(lacks))
    drafts = type(opinion)._default_manager.filter(pk=opinion.pk, status__in=UNPUBLISHED)
    try:
        with transaction.atomic():
            changed = drafts.exclude(basis=None).update(status=Review.Status.PUBLISHED, updated_at=now)
    except IntegrityError as error:
        same = "tool" if isinstance(opinion, Review) else "pair"
        kind = "review of the" if isinstance(opinion, Review) else "head-to-head on the"
        raise CurationError(f"the reviewer already has a live {kind} {same}") from error
    if not changed:
        raise CurationError("not a draft")
