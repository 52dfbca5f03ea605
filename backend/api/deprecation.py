"""Operations that will go: every answer of theirs says since when, until when, and where the way on is described."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeVar

from django.utils.http import http_date

Handler = TypeVar("Handler", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when an operation is not to be begun with, the first day without it, and what says how to go on."""

    since: date
    sunset: date
    link: str

    def headers(self) -> dict[str, str]:
        """`Deprecation` (RFC 9745), `Sunset` (RFC 8594) and the link of both."""
        since, sunset = (datetime.combine(day, time(), UTC).timestamp() for day in (self.since, self.sunset))
        return {
            "Deprecation": f"@{since:.0f}",
            "Sunset": http_date(sunset),
            "Link": f'<{self.link}>; rel="deprecation", <{self.link}>; rel="sunset"',
        }


def deprecated(*, since: date, sunset: date, link: str) -> Callable[[Handler], Handler]:
    """Decorates a view's method, below `extend_schema`; the contract says `deprecated: true` of its operation."""
    deprecation = Deprecation(since, sunset, link)

    def declare(handler: Handler) -> Handler:
        handler.deprecation = deprecation  # type: ignore[attr-defined]
        return handler

    return declare


def deprecation_of(view: object, method: str | None) -> Deprecation | None:
    """That of the view's method which answers such requests."""
    handler = getattr(view, (method or "").lower(), None)
    found: Deprecation | None = getattr(handler, "deprecation", None)
    return found
