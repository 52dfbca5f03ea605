"""The desk's search of reviews and head-to-heads: by tools, reviewers and words of quotes, whose ids are found first."""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.contrib.postgres.search import SearchQuery
from django.db.models import Model, Q, QuerySet

from catalog.models import Tool
from reviews.models import QUOTE_WORDS, HeadToHead, Review, Reviewer


def search_opinions(
    rows: QuerySet[Model], text: str, *, model: type[Review | HeadToHead], of_tools: Sequence[str]
) -> QuerySet[Model]:
    """Those of some rows in which each word of a text is in a tool's name or slug, in the reviewer's name, or begins a word
    of the quote. `of_tools`: the columns of the tools.
    """
    # A dash that stands alone is no word; nothing but signs finds nothing.
    words = [word for word in text.split() if re.search(r"[^\W_]", word)]
    if text.strip() and not words:
        return rows.none()
    for word in words:
        tools = Tool.objects.filter(Q(name__icontains=word) | Q(slug__icontains=word)).values("pk")
        reviewers = Reviewer.objects.filter(name__icontains=word).values("pk")
        # By its id, too: as a condition of the row, each quote would be taken apart to look for the word.
        quoted = model._base_manager.alias(words=QUOTE_WORDS).filter(words=beginning(word)).values("pk")
        named = (Q(**{f"{column}__in": tools}) for column in of_tools)
        rows = rows.filter(reduce(or_, named, Q(reviewer__in=reviewers) | Q(pk__in=quoted)))
    return rows


def beginning(word: str) -> SearchQuery:
    """Runs of letters and digits that begin so, as QUOTE_WORDS has them."""
    runs = " & ".join(f"{run}:*" for run in re.split(r"[\W_]+", word) if run)
    return SearchQuery(runs, search_type="raw", config="simple")
