"""What a reader who just confirmed may look forward to, as pages and answers show it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LastEdition:
    """The latest edition in the archive, and its page."""

    slug: str
    subject: str
    page_url: str


@dataclass(frozen=True, slots=True)
class Upcoming:
    """When the next mail for a reader goes out (None: nobody can say), and what there is to read until then."""

    next_mail_at: datetime | None
    last_edition: LastEdition | None
