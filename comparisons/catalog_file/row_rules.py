"""What holds of the rows of more than one kind: states, dates and evidence. The database would refuse the whole batch."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.core.exceptions import ValidationError

from backend.admin.workflow import Move, refusal_of_step, steps_of
from backend.api.quoting import quoted
from catalog.models import Tool
from catalog.workflow import ITEM_MOVES, OPINION_MOVES, UNPUBLISHED
from comparisons.catalog_file.format import Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.review_matching import status_of
from comparisons.models import Comparison
from reviews.models import HeadToHead, Review


class RowRules:
    """Adds to `errors` what a row asks for and may not have; `now` is when what is public at once is published."""

    def __init__(self, errors: Problems, now: datetime) -> None:
        self._errors = errors
        self._now = now

    def publish(self, item: Tool | Comparison, row: Row, before: str | None) -> Iterator[str]:
        """What is public has a date: now, unless the file gives one. Gives the columns that this sets."""
        if self._refuses_step(before, item.status, ITEM_MOVES, row):
            return
        if item.status not in UNPUBLISHED and item.published_at is None:
            if "published_at" in row.values:
                self._errors += [f"{row.place}.published_at: only a draft can do without"]
                return
            item.published_at = self._now
            yield "published_at"
        self._refuse(item.refuse_way_back, row)

    def refuse_second_live(self, rows: Iterable[Row], does: str) -> None:
        """Of what one reviewer says of one thing at most one row is public; `does` says what of it."""
        live = [row for row in rows if status_of(row) == Review.Status.PUBLISHED]
        for row in live[1:]:
            slug = quoted(row.values["reviewer"])
            self._errors += [f"{row.place}.reviewer: {slug} {does} already at {live[0].place}"]

    def refuse_bad_state(
        self, item: Review | HeadToHead, row: Row, before: str | None, is_retracted: bool
    ) -> None:
        """`is_retracted` says whether a stored one that was retracted has these words: no file publishes them again."""
        published = Review.Status.PUBLISHED
        if is_retracted and item.status == published and before != published:
            refusal = refusal_of_step(Review.Status.RETRACTED, published)
            self._errors += [f"{row.place}.status: {refusal} Bring it back to review on its page."]
        self._refuses_step(before, item.status, OPINION_MOVES, row)
        if not item.basis and item.status not in UNPUBLISHED:
            self._errors += [f"{row.place}.basis: only a draft can do without"]
        # Evidence that the schema refused is told already.
        if row.is_whole:
            self._refuse(item.refuse_missing_evidence, row)
        self._refuse(item.refuse_way_back, row)

    def _refuse(self, rule: Callable[[], None], row: Row) -> None:
        """As the admin's forms do."""
        try:
            rule()
        except ValidationError as error:
            self._errors += [
                f"{row.place}.{field}: {words[0]}" for field, words in error.message_dict.items()
            ]

    def _refuses_step(self, before: str | None, after: str, moves: Iterable[Move], row: Row) -> bool:
        """`before` is the state of a row that is stored: new ones may have any."""
        if before in (None, after) or (before, after) in steps_of(moves):
            return False
        self._errors += [f"{row.place}.status: {refusal_of_step(before or '', after)}"]
        return True
