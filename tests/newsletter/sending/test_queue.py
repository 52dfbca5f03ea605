"""What a round claims, and what it gives back when nothing more shall be begun."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from newsletter.deliveries.database import database_now
from newsletter.models import Delivery, MailRate
from newsletter.sending.queue import CopyQueue
from tests.newsletter.deliveries.ledger import an_edition

pytestmark = pytest.mark.django_db

ROUTE = "mail.example.com:25"


class Switch:
    """Says that the round is over once it was asked as often as allowed."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __call__(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def queue_of(edition_id: UUID, *, looks: int = 1_000) -> CopyQueue:
    return CopyQueue(edition_id, route=ROUTE, should_stop=Switch(looks))


def states() -> Counter[str]:
    return Counter(Delivery.objects.values_list("state", flat=True))


def no_wait() -> None:
    raise AssertionError("it waits")


def test_each_copy_comes_once_and_then_none() -> None:
    queue = queue_of(an_edition(60).pk)

    copies = [queue.next_copy(before_wait=no_wait) for _ in range(61)]

    assert len({copy.id for copy in copies if copy}) == 60
    assert copies[-1] is None


def test_when_the_round_is_over_what_nobody_has_begun_with_waits_again() -> None:
    # It claims at the first look, and takes one at the second.
    queue = queue_of(an_edition(10).pk, looks=2)

    first, second = (queue.next_copy(before_wait=no_wait) for _ in range(2))

    assert (first is not None, second) == (True, None)
    assert states() == {"claimed": 1, "pending": 9}


def test_a_refusal_for_speed_closes_the_route_and_gives_back_what_was_claimed() -> None:
    queue = queue_of(an_edition(10).pk)
    queue.next_copy(before_wait=no_wait)

    queue.slow_down()

    assert states() == {"claimed": 1, "pending": 9}
    assert MailRate.objects.get().server == ROUTE


def test_a_wait_is_told_before_it_begins() -> None:
    now = database_now()
    closed_until = now + timedelta(seconds=0.2)
    MailRate.objects.create(
        server=ROUTE, per_minute=60_000, refilled_at=now, raised_at=now, closed_until=closed_until
    )
    waits: list[str] = []

    copy = queue_of(an_edition(1).pk).next_copy(before_wait=lambda: waits.append("told"))

    assert copy is not None
    assert waits
