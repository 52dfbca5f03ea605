"""Brings the demo's catalog and votes into a database that has no catalog yet."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from io import BytesIO
from itertools import cycle, repeat
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from backend.api.clients import HASH_LENGTH
from backend.api.ids import new_id
from backend.api.json_type import Json
from backend.api.quoting import quoted
from catalog.logo_encoding import EncodedLogo, logo_of
from catalog.logos import store_logo
from catalog.models import Category, Tool
from catalog.pairs import by_id
from comparisons.catalog_file.demo.logos import draw_demo_logo
from comparisons.catalog_file.format import read_json
from comparisons.catalog_file.importing import hold_import_lock, import_catalog
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.desk.calibrating import calibrate
from comparisons.history.recording import record_verdicts
from comparisons.models import Comparison
from reviews.models import HeadToHead, Review, Reviewer
from votes.models import CountStatus, Voter
from votes.rules import MIN_DAYS
from votes.tallies.day_lines import close_day, yesterday
from votes.tallies.publication import publish_tallies

DEMO = Path(__file__).parent
# By the end of this day the demo's readers had voted.
LAST_DAY = date(2026, 11, 9)
# One by one, they would take most of the time.
BALLOT = "id, voter_id, site_hash, created_at, updated_at, status, reasons, ruleset"
COPY_VOTES = f"COPY votes_vote (tool_id, value, {BALLOT}) FROM STDIN"
COPY_PICKS = f"COPY votes_pick (first_tool_id, second_tool_id, chosen_tool_id, {BALLOT}) FROM STDIN"

_COUNT = {"title": "a whole number from 0 to 10000", "type": "integer", "minimum": 0, "maximum": 10_000}


def _counts(first: str, second: str) -> dict[str, Json]:
    return {
        "title": f"an object with {first} and {second}",
        "type": "object",
        "required": [first, second],
        "additionalProperties": False,
        "properties": {first: _COUNT, second: _COUNT},
    }


def _each(counts: Mapping[str, Json]) -> dict[str, Json]:
    return {"title": "an object of counts", "type": "object", "additionalProperties": counts}


VOTES_SCHEMA = {
    "title": "an object with tools and picks",
    "type": "object",
    "required": ["tools", "picks"],
    "additionalProperties": False,
    "properties": {"tools": _each(_counts("ship", "skip")), "picks": _each(_counts("first", "second"))},
}


@dataclass(frozen=True)
class DemoReport:
    tools: int
    comparisons: int
    votes: int
    picks: int


def load_demo(*, now: datetime, directory: Path = DEMO) -> DemoReport | None:
    """None where there is a catalog, the demo's own or another: what a curator wrote is never touched.

    Raises CatalogFileError for bad files, and OSError for missing ones, and then has written nothing.
    """
    with transaction.atomic():
        hold_import_lock()
        if Tool.objects.exists() or Category.objects.exists() or Reviewer.objects.exists():
            return None
        with _named("catalog.json"):
            source = BytesIO(_without_days_ahead((directory / "catalog.json").read_bytes(), now=now))
            report = import_catalog(source=source, now=now, why="demo")
        last_day = min(LAST_DAY, yesterday(now))
        with _named("votes.json"), (directory / "votes.json").open("rb") as file:
            votes, picks = _cast_ballots(read_json(file, VOTES_SCHEMA), last_day=last_day)
        # Whenever it is loaded, its history is that of its own time.
        for opinions, said_on in ((Review.objects, "reviewed_on"), (HeadToHead.objects, "compared_on")):
            dated = opinions.filter(published_at__isnull=False).exclude(**{said_on: None})
            dated.update(published_at=Cast(said_on, DateTimeField()))
        for items in (Tool.objects, Comparison.objects):
            items.filter(public_at__isnull=False).update(public_at=F("published_at"))
        for tool in Tool.objects.only("slug"):
            Tool.objects.filter(pk=tool.pk).update(logo=store_logo(_logo_of(tool.slug)))
        publish_tallies(now=now)
        for day in (last_day, yesterday(now)):
            close_day(day=day, now=now)
        record_verdicts(now=now)
        calibrate()
    return DemoReport(
        tools=report.counts["tools"].created,
        comparisons=report.counts["comparisons"].created,
        votes=votes,
        picks=picks,
    )


@cache
def _logo_of(slug: str) -> EncodedLogo:
    """Encoding takes a third of the time; a process that fills several databases, as tests do, does it once."""
    return logo_of(draw_demo_logo(slug))


def _without_days_ahead(document: bytes, *, now: datetime) -> bytes:
    """The same document, with today in place of each later day: on a machine whose clock is behind the demo loads too."""
    today = now.date().isoformat().encode()
    return re.sub(rb'(?<=")\d{4}-\d\d-\d\d(?=")', lambda day: min(day[0], today), document)


def _cast_ballots(counts: Json, *, last_day: date) -> tuple[int, int]:
    """Writes the votes and picks, and says how many of each. Raises CatalogFileError for names that nothing bears."""
    tools = dict(Tool.objects.values_list("slug", "pk"))
    pairs = {pair.slug: pair for pair in Comparison.objects.select_related("first_tool", "second_tool")}
    unknown = [f"tools.{quoted(slug)}: no tool is called so" for slug in counts["tools"] if slug not in tools]
    unknown += [
        f"picks.{quoted(slug)}: no pair is called so" for slug in counts["picks"] if slug not in pairs
    ]
    if unknown:
        raise CatalogFileError(unknown)

    answers = [*counts["tools"].values(), *counts["picks"].values()]
    # Nobody answers twice: the circle is as long as the longest count.
    voters = cycle(_voters(max((sum(answer.values()) for answer in answers), default=0)))
    votes = [
        vote
        for slug, answer in counts["tools"].items()
        for value, total in answer.items()
        for vote in repeat((tools[slug], value), total)
    ]
    picks = [
        pick
        for slug, answer in counts["picks"].items()
        for side, total in answer.items()
        for pick in repeat(_pick(pairs[slug], is_first=side == "first"), total)
    ]
    _copy(COPY_VOTES, votes, voters, last_day=last_day)
    _copy(COPY_PICKS, picks, voters, last_day=last_day)
    return len(votes), len(picks)


def _voters(total: int) -> list[Voter]:
    """Their keys come from no token, so nobody can vote in their name. Each votes from a site of their own."""
    keys = [hashlib.sha256(f"demo {number}".encode()).digest() for number in range(total)]
    Voter.objects.bulk_create([Voter(key=key) for key in keys], ignore_conflicts=True)
    return list(Voter.objects.filter(key__in=keys).order_by("key"))


def _pick(pair: Comparison, *, is_first: bool) -> tuple[UUID, UUID, UUID]:
    first, second = by_id(pair.first_tool, pair.second_tool)
    chosen = pair.first_tool if is_first else pair.second_tool
    return first.pk, second.pk, chosen.pk


def _copy(
    statement: str, answers: Sequence[tuple[object, ...]], voters: Iterator[Voter], *, last_day: date
) -> None:
    """One voter after the other answers, on one of the last days after the other."""
    days = cycle(datetime.combine(last_day - timedelta(days=days), time.min, UTC) for days in range(MIN_DAYS))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for answer, voter, day in zip(answers, voters, days, strict=False):
            site = bytes(voter.key)[:HASH_LENGTH]
            copy.write_row((*answer, new_id(), voter.pk, site, day, day, CountStatus.COUNTED.value, [], ""))


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except CatalogFileError as error:
        raise CatalogFileError(f"{name}: {line}" for line in error.lines) from None
