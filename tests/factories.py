"""One factory a model; each row is valid, public and distinct unless told otherwise."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from django.db.models import F
from factory.django import DjangoModelFactory

from catalog.models import Category, Condition, Tool, ToolFit
from comparisons.models import Comparison, PairFit, VerdictChange
from newsletter.models import Delivery, Edition, Segment, Subscriber
from newsletter.readers.addresses import address_key
from reviews.models import HeadToHead, Review, Reviewer
from tests.database import execute
from votes.models import Pick, Vote, Voter
from votes.tallies.publication import publish_tallies
from votes.tally import deciding_bounds

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
# What is dated so is scheduled, whenever the tests run.
AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


class PublishableFactory(DjangoModelFactory[Any]):
    """Public from now on, as the database has it, or since the `public_at` that is given."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, public_at: datetime | None = None, **kwargs: Any) -> Any:
        made = super()._create(model_class, *args, **kwargs)
        if public_at:
            model_class.objects.filter(pk=made.pk, public_at__isnull=False).update(public_at=public_at)
        made.refresh_from_db(fields=["public_at"])
        return made


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    slug = factory.Sequence(lambda n: f"category-{n}")
    name = factory.Sequence(lambda n: f"Category {n}")


class ToolFactory(PublishableFactory):
    class Meta:
        model = Tool

    slug = factory.Sequence(lambda n: f"tool-{n:04}")
    name = factory.Sequence(lambda n: f"Tool {n:04}")
    tagline = "Does one thing"
    description = "Does one thing, and says which."
    category = factory.SubFactory(CategoryFactory)
    status = "published"
    published_at = NOW
    pricing_entry = "free"


class ConditionFactory(DjangoModelFactory[Condition]):
    class Meta:
        model = Condition

    slug = factory.Sequence(lambda n: f"condition-{n:04}")
    name = factory.Sequence(lambda n: f"you need number {n:04}")


class ToolFitFactory(DjangoModelFactory[ToolFit]):
    class Meta:
        model = ToolFit

    tool = factory.SubFactory(ToolFactory)
    condition = factory.SubFactory(ConditionFactory)
    evidence = factory.LazyFunction(lambda: ["https://example.com/docs"])
    checked_on = date(2026, 10, 20)


class ReviewerFactory(DjangoModelFactory[Reviewer]):
    class Meta:
        model = Reviewer

    slug = factory.Sequence(lambda n: f"reviewer-{n:04}")
    name = factory.Sequence(lambda n: f"Reviewer {n:04}")
    lens = "What breaks first"
    motto = "Show me"
    position = factory.Sequence(lambda n: n % 10_000)


class ReviewFactory(DjangoModelFactory[Review]):
    class Meta:
        model = Review

    reviewer = factory.SubFactory(ReviewerFactory)
    tool = factory.SubFactory(ToolFactory)
    verdict = "ship"
    quote = "It does what it says."
    basis = "read"
    evidence = factory.LazyFunction(lambda: ["https://example.com/docs"])
    status = "published"
    reviewed_on = date(2026, 10, 5)


class HeadToHeadFactory(DjangoModelFactory[HeadToHead]):
    """Takes the pair in any order, which the database turns; without a `choice` it makes no difference."""

    class Meta:
        model = HeadToHead

    reviewer = factory.SubFactory(ReviewerFactory)
    first_tool = factory.SubFactory(ToolFactory)
    second_tool = factory.SubFactory(ToolFactory)
    quote = "I would open this one again."
    basis = "read"
    evidence = factory.LazyFunction(lambda: ["https://example.com/docs"])
    status = "published"
    compared_on = date(2026, 10, 6)

    @classmethod
    def _create(cls, model_class: type[HeadToHead], *args: Any, **kwargs: Any) -> HeadToHead:
        made: HeadToHead = super()._create(model_class, *args, **kwargs)
        made.refresh_from_db()
        return made


def answer_pair(first: Tool, second: Tool, *, a: int = 0, b: int = 0, neither: int = 0) -> None:
    """Published head-to-heads, each by a reviewer of its own: `a` ship the first, `b` the second."""
    for choice in [first] * a + [second] * b + [None] * neither:
        HeadToHeadFactory(first_tool=first, second_tool=second, choice=choice)


class VoterFactory(DjangoModelFactory[Voter]):
    class Meta:
        model = Voter

    key = factory.Sequence(lambda n: hashlib.sha256(f"voter {n}".encode()).digest())


class VoteFactory(DjangoModelFactory[Vote]):
    class Meta:
        model = Vote

    voter = factory.SubFactory(VoterFactory)
    tool = factory.SubFactory(ToolFactory)
    value = "ship"


class PickFactory(DjangoModelFactory[Pick]):
    """Takes the pair in any order, as `first_tool` and `second_tool`."""

    class Meta:
        model = Pick

    voter = factory.SubFactory(VoterFactory)
    first_tool = factory.SubFactory(ToolFactory)
    second_tool = factory.SubFactory(ToolFactory)
    chosen_tool = factory.SelfAttribute("first_tool")

    @classmethod
    def _create(cls, model_class: type[Pick], *args: Any, **kwargs: Any) -> Pick:
        first, second = sorted((kwargs["first_tool"], kwargs["second_tool"]), key=lambda tool: tool.pk)
        pair = {"first_tool": first, "second_tool": second}
        pick: Pick = super()._create(model_class, *args, **{**kwargs, **pair})
        return pick


class ComparisonFactory(PublishableFactory):
    class Meta:
        model = Comparison

    first_tool = factory.SubFactory(ToolFactory)
    second_tool = factory.SubFactory(ToolFactory)
    status = "published"
    published_at = NOW


class PairFitFactory(ToolFitFactory):
    class Meta:
        model = PairFit

    comparison = factory.SubFactory(ComparisonFactory)
    tool = factory.LazyAttribute(lambda fit: fit.comparison.first_tool)


class VerdictChangeFactory(DjangoModelFactory[VerdictChange]):
    """A first verdict; of a later one, give `number`, `cause` and what was `before`."""

    class Meta:
        model = VerdictChange

    comparison = factory.SubFactory(ComparisonFactory)
    number = 1
    changed_at = NOW
    cause = "first"
    outcome = "tie"
    margin = 0
    rule = "2026-12"


class SubscriberFactory(DjangoModelFactory[Subscriber]):
    class Meta:
        model = Subscriber

    address = factory.Sequence(lambda n: f"reader-{n}@example.com")
    address_key = factory.LazyAttribute(lambda subscriber: address_key(subscriber.address))
    status = "active"
    confirmed_at = NOW


class EditionFactory(DjangoModelFactory[Edition]):
    class Meta:
        model = Edition

    week = factory.Sequence(lambda n: f"{2026 + n // 52}-W{n % 52 + 1:02}")


class SegmentFactory(DjangoModelFactory[Segment]):
    class Meta:
        model = Segment

    edition = factory.SubFactory(EditionFactory)
    key = factory.Sequence(lambda n: hashlib.sha256(f"segment {n}".encode()).digest())
    choices = {"frequency": "weekly", "topics": []}
    subject = "Two tools, one verdict"
    html = '<p>One ships.</p><p><a href="{{unsubscribe_url}}">Leave</a> <a href="{{preferences_url}}">Choose</a></p>'
    text = "One ships.\n\nLeave: {{unsubscribe_url}}\nChoose: {{preferences_url}}\n"
    item_count = 1


class DeliveryFactory(DjangoModelFactory[Delivery]):
    class Meta:
        model = Delivery

    edition = factory.SubFactory(EditionFactory)
    subscriber = factory.SubFactory(SubscriberFactory)
    segment = factory.SubFactory(SegmentFactory, edition=factory.SelfAttribute("..edition"))
    address = factory.SelfAttribute("subscriber.address")
    address_key = factory.SelfAttribute("subscriber.address_key")
    next_attempt_at = NOW
    message_id = factory.Sequence(lambda n: f"<{n}@mail.example.com>")


def new_voters(number: int, *, assurance: int = 0) -> list[Voter]:
    """So many voters; the factory takes longer for thousands than all that a test does with them."""
    return Voter.objects.bulk_create(
        Voter(key=secrets.token_bytes(32), assurance=assurance) for _ in range(number)
    )


def backdate(votes: Iterable[Vote], times: Iterable[datetime]) -> None:
    """Let each vote be cast at its time, by one statement: Django stamps what it creates with the present."""
    execute(
        "UPDATE votes_vote SET created_at = earlier.at"
        " FROM unnest(%s::uuid[], %s::timestamptz[]) AS earlier (id, at) WHERE votes_vote.id = earlier.id",
        [each.pk for each in votes],
        list(times),
    )


def vote(
    tool: Tool, *, ship: int = 0, skip: int = 0, status: str = "counted", at: datetime | None = None
) -> None:
    """Votes on one tool, each by a voter and from a network of its own; and the tallies made public.

    They were cast at the time given, or else just now, a day ago and two days ago, so that they may decide.
    """
    values = ["ship"] * ship + ["skip"] * skip
    votes = Vote.objects.bulk_create(
        Vote(voter=voter, tool=tool, value=value, status=status, **networks_of(voter))
        for voter, value in zip(new_voters(len(values)), values, strict=True)
    )
    if at:
        Vote.objects.filter(pk__in=[each.pk for each in votes]).update(created_at=at)
    else:
        for days in (1, 2):
            cast = Vote.objects.filter(pk__in=[each.pk for each in votes[days::3]])
            cast.update(created_at=F("created_at") - timedelta(days=days))
    publish_tallies(now=NOW)


def networks_of(voter: Voter) -> dict[str, bytes]:
    """A client network of the voter's own, in a site and with a provider of its own."""
    own = bytes(voter.key)[:8]
    return {"network_hash": own, "site_hash": own, "provider_hash": own}


def published_counts(ship: int, skip: int) -> dict[str, Any]:
    """What a step of publication writes of a crowd: its counts, and the bounds that they give."""
    bounds = deciding_bounds(part=ship, total=ship + skip)
    low, high = (bounds.low, bounds.high) if bounds else (None, None)
    return {"ship": ship, "skip": skip, "bound_low": low, "bound_high": high}


def review(tool: Tool, *, ship: int = 0, skip: int = 0) -> None:
    """Published reviews of one tool, by the reviewers who also review other tools: the first of them ship."""
    reviewed = Review.objects.filter(tool=tool).count()
    for number, verdict in enumerate(["ship"] * ship + ["skip"] * skip, start=reviewed):
        slug = f"panel-{number}"
        reviewer = Reviewer.objects.filter(slug=slug).first() or ReviewerFactory(slug=slug)
        ReviewFactory(tool=tool, verdict=verdict, reviewer=reviewer)
