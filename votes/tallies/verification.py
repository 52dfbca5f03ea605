"""Whether lines and roots of days are what was written: every digest is computed anew."""

from collections.abc import Iterator
from datetime import date

from votes.models import ClosedDay, PickTallyDay, TallyDay
from votes.tallies.day_lines import digest_of, digest_without_subject, root_of


def broken_lines() -> Iterator[str]:
    """A sentence for each line or root that isn't what its digest says; three passes, none of which holds all rows."""
    first_root = ClosedDay.objects.order_by("day").values_list("day", flat=True).first()
    for lines in (
        TallyDay.objects.order_by("tool", "day"),
        PickTallyDay.objects.order_by("first_tool", "second_tool", "day"),
    ):
        subject = previous = ""
        for line in lines.iterator():
            if line.subject != subject:
                subject, previous = line.subject, ""
            if line.digest != _digest(line, previous=previous, first_root=first_root):
                yield f"The line of {line.day} of {subject} is not what its digest says."
            previous = line.digest
    previous = ""
    for closed in ClosedDay.objects.order_by("day").iterator():
        if closed.root != root_of(digests_of(closed.day), day=closed.day, previous=previous):
            yield f"The root of {closed.day} is not that of its lines."
        previous = closed.root


def digests_of(day: date) -> list[str]:
    """The digests of all lines of a day, in ascending order."""
    lines = (
        model.objects.filter(day=day).values_list("digest", flat=True) for model in (TallyDay, PickTallyDay)
    )
    return sorted(digest for digests in lines for digest in digests)


def _digest(line: TallyDay | PickTallyDay, *, previous: str, first_root: date | None) -> str:
    if isinstance(line, TallyDay) and (first_root is None or line.day < first_root):
        return digest_without_subject(line, previous=previous)
    return digest_of(line, previous=previous)
