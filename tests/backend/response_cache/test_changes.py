"""Every change of what readers see is heard, whatever makes it; what no reader sees is not."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from backend.response_cache.changes import CHANNEL, Changes, PooledError, connect_directly
from catalog.models import Category, Tool
from newsletter.models import Edition
from reviews.models import Review
from tests.database import execute
from tests.factories import (
    ComparisonFactory,
    EditionFactory,
    PickFactory,
    ReviewFactory,
    ToolFactory,
    VoteFactory,
)
from tests.ports import wait_until
from votes.tallies.publication import publish_tallies

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """It listens, and nothing else does."""
    with connect_directly() as session:
        session.execute(f"LISTEN {CHANNEL}".encode())
        yield session


def heard(session: psycopg.Connection[tuple[Any, ...]]) -> int:
    """How many notifications have come since the last call."""
    session.execute("SELECT 1")
    return len(list(session.notifies(timeout=0.05)))


def import_catalog() -> None:
    call_command("import_catalog", "comparisons/catalog_file/demo/catalog.json", verbosity=0)


def update_often() -> None:
    with transaction.atomic():
        for n in range(50):
            Tool.objects.update(tagline=f"{n}")


def step() -> None:
    assert publish_tallies(now=timezone.now())


WRITES: dict[str, Callable[[], object]] = {
    "saved": lambda: Tool.objects.get(slug="one").save(),
    "a queryset's update": lambda: Tool.objects.update(tagline="New."),
    "created": lambda: Category.objects.create(slug="new", name="New"),
    "deleted": lambda: Review.objects.all().delete(),
    "created at once": lambda: Category.objects.bulk_create([Category(slug="new", name="New")]),
    "plain SQL": lambda: execute("UPDATE catalog_tool SET tagline = 'New.'"),
    "a transaction of many statements": update_often,
    "a step of the tallies": step,
    "an edition's state": lambda: Edition.objects.update(state="cancelled"),
    "an import": import_catalog,
}


@pytest.mark.parametrize("name", WRITES)
def test_every_write_of_what_readers_see_is_told(
    session: psycopg.Connection[tuple[Any, ...]], name: str
) -> None:
    tool = ToolFactory(slug="one")
    ReviewFactory(tool=tool)
    EditionFactory(state="draft")
    VoteFactory(tool=tool)
    heard(session)

    WRITES[name]()

    # Once for the transaction, however many statements it has.
    assert heard(session) == 1
    assert heard(session) == 0


@pytest.mark.parametrize("factory", [VoteFactory, PickFactory], ids=["vote", "pick"])
def test_no_ballot_tells_anything(session: psycopg.Connection[tuple[Any, ...]], factory: Any) -> None:
    """A transaction that tells takes a lock of the whole server while it commits."""
    ballot = factory()
    heard(session)

    type(ballot).objects.update(status="pending")
    type(ballot).objects.update(status="counted")

    assert heard(session) == 0


def test_a_transaction_that_is_rolled_back_tells_nothing(
    session: psycopg.Connection[tuple[Any, ...]],
) -> None:
    ToolFactory()
    heard(session)

    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        Tool.objects.update(tagline="New.")
        raise ZeroDivisionError

    assert heard(session) == 0


# --- What a process makes of it ----------------------------------------------------------------


@pytest.fixture
def changes() -> Iterator[Changes]:
    """They are heard, over a session that the test's end cuts."""
    changes = Changes(max_age=1, connect=connect_directly)
    with connect_directly() as session:
        listening = threading.Thread(target=listen, args=(changes, session))
        listening.start()
        wait_until(lambda: changes.generation > 0)
        yield changes
        execute("SELECT pg_terminate_backend(%s)", session.info.backend_pid)
        listening.join(30)
    assert not listening.is_alive()


def listen(changes: Changes, session: psycopg.Connection[tuple[Any, ...]]) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        changes.listen(session)


def await_confirmation(changes: Changes) -> None:
    """Until all that was committed before this call has been heard."""
    asked_at = time.monotonic()
    wait_until(lambda: changes.confirmed_at > asked_at)


def test_a_change_raises_the_generation(changes: Changes) -> None:
    before = changes.generation

    ToolFactory()

    wait_until(lambda: changes.generation > before)


def test_without_a_change_the_generation_stays_and_is_confirmed(changes: Changes) -> None:
    ToolFactory()
    await_confirmation(changes)
    before = changes.generation

    await_confirmation(changes)

    assert changes.generation == before


@pytest.mark.parametrize("factory", [ToolFactory, ComparisonFactory], ids=["tool", "comparison"])
def test_what_becomes_public_by_the_clock_raises_the_generation_then(changes: Changes, factory: Any) -> None:
    moment, seconds = timezone.now(), 0.35
    # On a busy machine the moment may come before all is in place: then a later one is taken.
    while timezone.now() >= moment:
        seconds *= 2
        moment = timezone.now() + timedelta(seconds=seconds)
        factory(published_at=moment, public_at=None)
        await_confirmation(changes)
        before = changes.generation

    wait_until(lambda: changes.generation > before)

    assert timezone.now() >= moment


def test_what_began_before_a_change_is_not_fresh() -> None:
    changes = Changes(max_age=1, connect=connect_directly)

    changes.generation = 7

    assert changes.is_fresh(generation=7, began=10, now=11)
    assert not changes.is_fresh(generation=6, began=10, now=10)


def test_what_was_confirmed_is_believed_from_then_on() -> None:
    changes = Changes(max_age=1, connect=connect_directly)
    changes.confirmed_at = 20

    assert changes.is_fresh(generation=0, began=10, now=21)
    assert not changes.is_fresh(generation=0, began=10, now=21.1)
    assert changes.seconds_unconfirmed(generation=0, began=10, now=23) == 3
    assert changes.seconds_unconfirmed(generation=0, began=25, now=26) == 1
    assert changes.seconds_unconfirmed(generation=1, began=25, now=26) == float("inf")


def test_behind_a_pooler_nothing_is_believed_to_be_heard() -> None:
    def pooled() -> Any:
        raise PooledError

    changes = Changes(max_age=1, connect=pooled)
    assert changes.is_heard(), "Nothing is cached yet."

    changes.start()
    wait_until(lambda: changes.is_pooled)

    assert not changes.is_heard()
    assert changes.generation == 0
