"""The data that every contender reads: the same from run to run, but for its ids and its times."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection
from tqdm import tqdm

from backend.api.ids import new_id
from catalog.models import Category, Tool
from catalog.pairs import by_id
from comparisons.models import Comparison
from reviews.models import HeadToHead, Review, Reviewer
from votes.models import Voter
from votes.rules import RULESET
from votes.tallies.publication import publish_tallies
from votes.voters.tokens import VoterToken

REVIEWERS = 7
REVIEWS_PER_TOOL = 4
# Of every other pair.
ANSWERS_PER_PAIR = 3
QUOTE_LENGTH = 900
FIRST_DAY = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
# The youngest vote is a day old: none counts towards the limits of a day or an hour.
YOUNGEST_VOTE, OLDEST_VOTE = timedelta(days=1), timedelta(days=180)
VOTES_PER_STATEMENT = 50_000
COPY_VOTES = """
COPY votes_vote (id, voter_id, tool_id, value, status, reasons, ruleset, created_at, updated_at) FROM STDIN
"""
WORDS = (
    "fast",
    "quiet",
    "plain",
    "agent",
    "model",
    "prompt",
    "schema",
    "“draft”",
    "<token>",
    "—",
    "budget",
    "holds",
)


@dataclass(frozen=True, slots=True)
class Size:
    tools: int
    pairs: int
    voters: int
    votes_per_voter: int


FULL = Size(tools=500, pairs=2_000, voters=20_000, votes_per_voter=50)
QUICK = Size(tools=500, pairs=400, voters=10_000, votes_per_voter=10)


def fill(size: Size) -> list[str]:
    """Fill an empty, migrated database; the answer is every curated pair's slug."""
    chance = random.Random(2026)
    tools = _write_tools(size, chance)
    reviewers = _write_reviews(tools, chance)
    pairs = _write_pairs(size, tools, chance)
    _write_head_to_heads(pairs[::2], reviewers, chance)
    _write_votes(size, tools, chance)
    publish_tallies(now=datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [pair.slug for pair in pairs]


def _prose(chance: random.Random, length: int) -> str:
    return " ".join(chance.choices(WORDS, k=length))[:length].strip().ljust(length, ".")


def _write_tools(size: Size, chance: random.Random) -> list[Tool]:
    categories = Category.objects.bulk_create(
        Category(slug=f"shelf-{n}", name=f"Shelf {n}") for n in range(10)
    )
    return Tool.objects.bulk_create(
        Tool(
            slug=f"measured-tool-with-a-slug-of-usual-length-{n:04}",
            name=f"Measured Tool {n:04}",
            tagline=_prose(chance, 80),
            description=_prose(chance, 300),
            website=f"https://tool-{n}.example/",
            category=chance.choice(categories),
            status="published",
            published_at=FIRST_DAY + timedelta(hours=n),
            pricing_entry=chance.choice(["free", "freemium", "paid"]),
            pricing_model="subscription",
            pricing_starts_at=Decimal(chance.randrange(1, 400)) / 4,
            pricing_currency="USD",
            pricing_unit="month",
            pricing_free_tier=chance.choice([True, False, None]),
            pricing_checked_on=date(2026, 10, 1),
        )
        for n in range(size.tools)
    )


def _write_reviews(tools: list[Tool], chance: random.Random) -> list[Reviewer]:
    reviewers = Reviewer.objects.bulk_create(
        Reviewer(slug=f"critic-{n}", name=f"Critic {n}", lens="What breaks first", position=n)
        for n in range(REVIEWERS)
    )
    Review.objects.bulk_create(
        Review(
            reviewer=reviewer,
            tool=tool,
            verdict=chance.choice(["ship", "ship", "skip"]),
            quote=_prose(chance, QUOTE_LENGTH),
            basis="read",
            evidence=[f"{tool.website}pricing"],
            status="published",
            reviewed_on=date(2026, 10, 2),
        )
        for tool in tools
        for reviewer in chance.sample(reviewers, REVIEWS_PER_TOOL)
    )
    return reviewers


def _write_pairs(size: Size, tools: list[Tool], chance: random.Random) -> list[Comparison]:
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < size.pairs:
        first, second = sorted(chance.sample(range(size.tools), 2))
        pairs.add((first, second))
    return Comparison.objects.bulk_create(
        Comparison(
            first_tool=tools[first],
            second_tool=tools[second],
            editor_note=_prose(chance, 200),
            status="published",
            published_at=FIRST_DAY + timedelta(minutes=n),
        )
        for n, (first, second) in enumerate(sorted(pairs))
    )


def _write_head_to_heads(pairs: list[Comparison], reviewers: list[Reviewer], chance: random.Random) -> None:
    HeadToHead.objects.bulk_create(
        HeadToHead(
            reviewer=reviewer,
            first_tool=first,
            second_tool=second,
            choice=chance.choice([first, second]),
            quote=_prose(chance, 200),
            basis="read",
            evidence=[f"{first.website}pricing"],
            status="published",
            compared_on=date(2026, 10, 3),
        )
        for first, second in (by_id(pair.first_tool, pair.second_tool) for pair in pairs)
        for reviewer in chance.sample(reviewers, ANSWERS_PER_PAIR)
    )


def voter_token(number: int, *, issued_at: datetime) -> VoterToken:
    """Who the data's voter of this number is to the API; its key is that of the voter's row."""
    return VoterToken(voter_id=number.to_bytes(16), issued_at=issued_at, assurance=1)


def _write_votes(size: Size, tools: list[Tool], chance: random.Random) -> None:
    """The triggers count as ever, once a statement."""
    now = datetime.now(UTC)
    voters = Voter.objects.bulk_create(
        [Voter(key=voter_token(n, issued_at=now).key, assurance=1) for n in range(size.voters)],
        batch_size=5_000,
    )
    votes = _made_up_votes(size, voters, tools, chance, now=now)
    total = size.voters * size.votes_per_voter
    with tqdm(total=total, desc="Votes", leave=False, disable=None) as bar, connection.cursor() as cursor:
        while some := list(islice(votes, VOTES_PER_STATEMENT)):
            with cursor.copy(COPY_VOTES) as copy:
                for vote in some:
                    copy.write_row(vote)
            bar.update(len(some))


def _made_up_votes(
    size: Size, voters: list[Voter], tools: list[Tool], chance: random.Random, *, now: datetime
) -> Iterator[tuple[Any, ...]]:
    for voter in voters:
        for tool in _some_of(tools, size.votes_per_voter, chance):
            value = chance.choice(["ship", "ship", "skip"])
            cast_at = now - YOUNGEST_VOTE - chance.random() * (OLDEST_VOTE - YOUNGEST_VOTE)
            yield new_id(), voter.id, tool.id, value, "counted", [], RULESET, cast_at, cast_at


def _some_of(tools: list[Tool], count: int, chance: random.Random) -> list[Tool]:
    """Different tools, the first ones far more often: votes are never spread evenly."""
    chosen: dict[int, None] = {}
    while len(chosen) < count:
        chosen[int(len(tools) * chance.random() ** 3)] = None
    return [tools[n] for n in chosen]
