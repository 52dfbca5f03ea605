"""Steps of what is published, from one state to another: what a table of them says of a row and of who asks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class Move:
    """A step from any of its sources to its target. `of` says whether it is for what readers could read before."""

    name: str
    label: str
    sources: Sequence[str]
    target: str
    # Whether it takes the permission to publish.
    publishes: bool = True
    # True: only of what was public; False: only of what never was; None: of both.
    was_public: bool | None = None


def moves_from(moves: Iterable[Move], status: str, *, was_public: bool, may_publish: bool) -> list[Move]:
    """The steps that lead on from a state."""
    return [
        move
        for move in moves
        if status in move.sources
        and move.was_public in (None, was_public)
        and (may_publish or not move.publishes)
    ]


def steps_of(moves: Iterable[Move]) -> set[tuple[str, str]]:
    """Which state may follow which, as the database's triggers keep it."""
    return {(source, move.target) for move in moves for source in move.sources}


def in_words(status: str) -> str:
    return status.replace("_", " ")


def refusal_of_step(before: str, after: str) -> str:
    """What the database says, too."""
    return f"What is {in_words(before)} does not become {in_words(after)}."


def zone_called(name: str) -> ZoneInfo:
    """By its name in the IANA database, such as Europe/Berlin or CET; raises ValueError, in words.

    Files beside its zones are of no place: `localtime`, which is the server's, `Factory`, `posixrules`; `posix` and `right`
    have all zones once more.
    """
    area, _, place = name.partition("/")
    try:
        if area in {"posix", "right"} or not (place or name.isupper()):
            raise ValueError(name)
        return ZoneInfo(name)
    # A name may also lead to a folder, or out of it.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"No time zone is called {name}: give one such as Europe/Berlin, or UTC.") from None


def time_in_zone(shown: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which clocks of a zone show a time; raises ValueError, in words. `shown` has no zone."""
    try:
        earlier, later = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        is_shown = earlier.astimezone(zone).replace(tzinfo=None) == shown
    except OverflowError:
        raise ValueError("That is where the calendar begins or ends: give another date.") from None
    if not is_shown:
        raise ValueError(
            f"Clocks in {zone} never show {shown:%Y-%m-%d %H:%M}: they are put forward then. Give another time."
        )
    if earlier != later:
        raise ValueError(
            f"Clocks in {zone} show {shown:%Y-%m-%d %H:%M} twice, because they go back then. Give the time in UTC:"
            f" {earlier:%H:%M} or {later:%H:%M}."
        )
    return earlier
