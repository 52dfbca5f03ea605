"""How an edition fares as a whole: a sliding window over its copies, in one row that only failures and rounds' ends write.

The window forgets smoothly: each copy that is judged makes the failures before it weigh a two-hundredth less. So `failed`
is how many of about the last 200 copies failed, whatever the edition's size and speed, and whichever process sent them.

Copies whose tries are used up come together at an edition's end, since they had the same delays. They say something only by
their share of all copies.
"""

import math
from dataclasses import dataclass
from uuid import UUID

from newsletter.deliveries.database import row_count, rows

WINDOW = 200
# One in ten. A server that refuses everybody is noticed at the 22nd copy.
MOST_FAILED = 20
MOST_EXHAUSTED = 0.1
# At this share readers' providers begin to refuse a sender; and fewer than these mean nothing.
MOST_COMPLAINTS, MOST_COMPLAINING = 5, 0.003
# However often staff resume, a server that refuses everybody still pauses the edition.
MOST_BELIEVED = WINDOW * 0.8

COUNT = """
INSERT INTO newsletter_editionhealth AS kept (edition_id, judged, failed, exhausted, complaints, most_failed)
VALUES (%(edition)s, %(judged)s, %(failed)s, %(exhausted)s, %(complaints)s, %(most)s)
ON CONFLICT (edition_id) DO UPDATE SET
    judged = kept.judged + excluded.judged,
    failed = kept.failed * power(%(keep)s::float8, excluded.judged) + excluded.failed,
    exhausted = kept.exhausted + excluded.exhausted,
    complaints = kept.complaints + excluded.complaints
RETURNING judged, failed, exhausted, complaints, most_failed,
    (SELECT state = 'sending' FROM newsletter_edition WHERE id = kept.edition_id)
"""

RESUME = """
UPDATE newsletter_editionhealth SET
    failed = 0, exhausted = 0, complaints = 0, most_failed = least(%(most)s, most_failed * 2)
WHERE edition_id = %(edition)s
"""

OF_THOSE_GOING_ON = """
SELECT h.edition_id, h.judged, h.failed, h.exhausted, h.complaints, h.most_failed, e.state = 'sending'
FROM newsletter_editionhealth h JOIN newsletter_edition e ON e.id = h.edition_id
WHERE e.state IN ('frozen', 'preparing', 'sending')
"""


@dataclass(frozen=True)
class Health:
    """`failed` of about the last 200 of the `judged` copies. All but `judged` is counted anew when staff resume."""

    judged: int
    failed: float
    exhausted: int
    complaints: int
    most_failed: float
    # Whether the edition is being sent, and not paused or cancelled meanwhile.
    is_sending: bool

    @property
    def trouble(self) -> str:
        """Why the edition must pause, in words for staff; empty where it needn't."""
        if self.failed > self.most_failed:
            return f"{math.ceil(self.failed)} of about the last {WINDOW} copies failed"
        if self.exhausted > max(self.most_failed, self.judged * MOST_EXHAUSTED):
            return f"{self.exhausted:,} of {self.judged:,} copies were not taken in all their tries"
        if self.complaints > max(MOST_COMPLAINTS, self.judged * MOST_COMPLAINING):
            return f"The readers of {self.complaints:,} copies complained"
        return ""


def count(
    *, edition_id: UUID, judged: int = 0, failed: int = 0, exhausted: int = 0, complaints: int = 0
) -> Health:
    """Count copies that were accepted or refused, those of them that failed or have no tries left, and complaints.

    One query.
    """
    values = {
        "edition": edition_id,
        "judged": judged,
        "failed": failed,
        "exhausted": exhausted,
        "complaints": complaints,
        "most": MOST_FAILED,
        "keep": 1 - 1 / WINDOW,
    }
    ((row),) = rows(COUNT, values)
    return Health(*row)


def begin_anew(*, edition_id: UUID) -> None:
    """After staff have resumed the edition: who goes on in spite of failures expects more of them."""
    row_count(RESUME, {"edition": edition_id, "most": MOST_BELIEVED})


def troubles() -> list[tuple[UUID, str]]:
    """Each edition under way that must pause, and why. One query."""
    found = [(edition, Health(*numbers)) for edition, *numbers in rows(OF_THOSE_GOING_ON, {})]
    return [(edition, health.trouble) for edition, health in found if health.trouble]
