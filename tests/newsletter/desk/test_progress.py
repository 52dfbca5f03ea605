"""How far an edition is: what is counted, how fast it goes, when it will end, and what it costs to say so."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from newsletter.desk.progress import Progress, UncertainCopy, progress_of
from newsletter.models import Delivery, Edition, Subscriber
from newsletter.sending import sender
from newsletter.transport.mailer import SmtpMailer
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory, SubscriberFactory
from tests.newsletter.sinks import sink_running

SECOND = timedelta(seconds=1)
EACH_STATE = {
    "pending": 9, "deferred": 8, "claimed": 7, "sending": 6,
    "accepted": 5, "failed": 4, "suppressed": 3, "cancelled": 2, "uncertain": 1,
}  # fmt: skip


def copies(edition: Edition, **numbers: int) -> None:
    """So many copies in each state, as they would be at this moment."""
    now = timezone.now()
    times: dict[str, dict[str, Any]] = {
        "claimed": {"lease_until": now},
        "sending": {"lease_until": now},
        "accepted": {"accepted_at": now, "code": "250"},
        "uncertain": {"uncertain_at": now},
    }
    for state, number in numbers.items():
        DeliveryFactory.create_batch(number, edition=edition, state=state, **times.get(state, {}))


def progress(**changes: Any) -> Progress:
    """In the middle: 600 of 1,000 accepted, the pace of the last minute 5 a second."""
    values: dict[str, Any] = {
        "edition": Edition(state="sending", audience=1_000),
        "as_of": NOW,
        "counts": dict.fromkeys(EACH_STATE, 0) | {"accepted": 600, "pending": 380, "sending": 20},
        "lately": 300,
        "sending_since": NOW - timedelta(minutes=2),
        "last_due_at": NOW - timedelta(minutes=2),
        "failures": [],
        "uncertain": [],
    }
    return Progress(**{**values, **changes})


def left(**numbers: int) -> dict[str, int]:
    return dict.fromkeys(EACH_STATE, 0) | numbers


@pytest.mark.django_db
class TestWhatIsCounted:
    def test_copies_by_state(self) -> None:
        edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=45)
        copies(edition, **EACH_STATE)
        copies(EditionFactory(), accepted=3, uncertain=3, failed=3)

        found = progress_of(edition)

        assert found.counts == EACH_STATE
        assert (found.waiting, found.held, found.settled) == (17, 13, 15)
        assert found.share == pytest.approx(1 / 3)

    def test_only_the_last_minute_makes_the_pace(self) -> None:
        edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=70)
        copies(edition, accepted=40)
        Delivery.objects.update(accepted_at=timezone.now() - 61 * SECOND)
        copies(edition, accepted=30)

        assert progress_of(edition).per_second == pytest.approx(30 / 60)

    def test_what_went_out_before_staff_resumed_does_not(self) -> None:
        now = timezone.now()
        edition = EditionFactory(state="sending", frozen_at=NOW, audience=70, resumed_at=now - 20 * SECOND)
        copies(edition, accepted=40)
        Delivery.objects.update(accepted_at=now - 21 * SECOND)
        copies(edition, accepted=30)

        assert progress_of(edition).per_second == pytest.approx(30 / 20, rel=0.2)

    def test_failures_by_code_the_most_frequent_first(self) -> None:
        edition = EditionFactory()
        for code, number in (("550", 1), ("5.1.1", 3), ("", 1), ("5.2.2", 3)):
            DeliveryFactory.create_batch(number, edition=edition, state="failed", code=code)

        assert progress_of(edition).failures == [("5.1.1", 3), ("5.2.2", 3), ("", 1), ("550", 1)]

    def test_the_first_twenty_uncertain_copies_the_oldest_first(self) -> None:
        edition = EditionFactory()
        rows = [
            DeliveryFactory(edition=edition, state="uncertain", uncertain_at=NOW - n * SECOND)
            for n in range(25)
        ]

        found = progress_of(edition).uncertain

        assert found == [UncertainCopy(row.pk, row.message_id, row.uncertain_at) for row in rows[:4:-1]]

    def test_an_edition_without_copies_has_none(self) -> None:
        found = progress_of(EditionFactory())

        assert set(found.counts.values()) == {0}
        assert (found.share, found.per_second, found.seconds_left) == (None, None, None)

    @pytest.mark.parametrize("number", [2, 20])
    def test_it_takes_four_queries_however_many_copies_there_are(
        self, number: int, django_assert_num_queries: Any
    ) -> None:
        edition = EditionFactory(state="sending", frozen_at=NOW, audience=3 * number)
        copies(edition, failed=number, uncertain=number, accepted=number)

        # The database's clock, copies by state, failures by code, the uncertain ones.
        with django_assert_num_queries(4):
            progress_of(edition)

    def test_whoever_looks_right_after_costs_nothing(self, django_assert_num_queries: Any) -> None:
        edition = EditionFactory(state="sending", frozen_at=NOW, audience=5)
        copies(edition, accepted=2, uncertain=1, failed=1, pending=1)
        first = progress_of(edition)

        with django_assert_num_queries(0):
            assert progress_of(edition) == first

    def test_what_is_over_is_not_shown_as_it_was_just_before(self) -> None:
        edition = EditionFactory(state="sending", frozen_at=NOW, audience=2)
        copies(edition, pending=2)
        progress_of(edition)

        Delivery.objects.update(state="cancelled")
        edition.state = "cancelled"

        assert progress_of(edition).counts["cancelled"] == 2


class TestHowLongItTakes:
    @pytest.mark.parametrize(
        ("changes", "per_second", "seconds_left"),
        [
            pytest.param({}, 5, 80, id="on its way"),
            pytest.param({"sending_since": NOW - 30 * SECOND}, 10, 40, id="since half a minute"),
            pytest.param({"lately": 10, "sending_since": NOW - 2 * SECOND}, 5, None, id="just begun"),
            pytest.param({"lately": 1, "sending_since": NOW - SECOND / 10}, 1, None, id="the first one"),
            pytest.param({"lately": 30, "sending_since": NOW - 3 * SECOND}, 10, 40, id="since three seconds"),
            pytest.param({"lately": 0, "sending_since": None}, 0, None, id="nothing yet"),
            pytest.param({"lately": 0}, 0, None, id="stuck"),
            pytest.param({"counts": left(accepted=1_000)}, 5, 0, id="nothing left"),
            pytest.param(
                {"counts": left(accepted=990, deferred=10), "last_due_at": NOW + timedelta(hours=2)},
                5, 7_200, id="the last ones wait for another try",
            ),
            pytest.param(
                {"counts": left(accepted=990, deferred=10), "lately": 0, "last_due_at": NOW + 600 * SECOND},
                0, 600, id="all wait for another try",
            ),
            pytest.param(
                {"counts": left(accepted=990, deferred=10), "lately": 0, "last_due_at": NOW - SECOND},
                0, 0, id="another try is due",
            ),
        ],
    )  # fmt: skip
    def test_while_it_is_sent(
        self, changes: dict[str, Any], per_second: float, seconds_left: float | None
    ) -> None:
        found = progress(**changes)

        assert (found.per_second, found.seconds_left) == (per_second, seconds_left)

    @pytest.mark.parametrize("state", sorted(set(Edition.State) - {"sending"}))
    def test_nobody_can_tell_while_it_is_not(self, state: str) -> None:
        found = progress(edition=Edition(state=state, audience=1_000))

        assert (found.per_second, found.seconds_left) == (None, None)


@pytest.mark.parametrize(
    ("audience", "counts", "share"),
    [
        pytest.param(None, left(pending=10), None, id="being prepared"),
        pytest.param(0, left(), 1, id="nobody"),
        pytest.param(4, left(accepted=1, pending=3), 0.25, id="a quarter"),
        pytest.param(5, left(accepted=1, failed=1, suppressed=1, cancelled=1, uncertain=1), 1, id="settled"),
    ],
)
def test_the_share_is_of_what_is_settled(audience: int | None, counts: Any, share: float | None) -> None:
    assert progress(edition=Edition(state="sending", audience=audience), counts=counts).share == share


@pytest.mark.parametrize(
    ("state", "counts", "is_over"),
    [
        ("draft", left(), False),
        ("sending", left(accepted=1), False),
        ("paused", left(pending=1), False),
        ("done", left(accepted=1), True),
        ("cancelled", left(cancelled=1, sending=1), False),
        ("cancelled", left(cancelled=2), True),
    ],
)
def test_it_is_over_when_nothing_changes_by_itself(state: str, counts: Any, is_over: bool) -> None:
    assert progress(edition=Edition(state=state), counts=counts).is_over is is_over


@pytest.mark.django_db(transaction=True)
def test_while_an_edition_is_sent_its_counts_only_grow_and_its_end_comes_nearer(tmp_path: Path) -> None:
    edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=603)
    segment = SegmentFactory(edition=edition)
    names = [*(f"reader-{n}" for n in range(600)), "hang-1", "reset-1", "gone-1"]
    subscribers = SubscriberFactory.build_batch(len(names))
    for subscriber, name in zip(subscribers, names, strict=True):
        subscriber.address = f"{name}@example.com"
    Subscriber.objects.bulk_create(subscribers)
    Delivery.objects.bulk_create(
        DeliveryFactory.build(edition=edition, segment=segment, subscriber=each) for each in subscribers
    )

    seen: list[Progress] = []
    is_sent = Event()

    def look() -> None:
        while not is_sent.wait(0.05):
            seen.append(progress_of(edition))
        connection.close()

    with sink_running(tmp_path, "delay=0.05") as sink, ThreadPoolExecutor(1) as threads:
        looking = threads.submit(look)
        sender.send(edition.pk, new_mailer=lambda: SmtpMailer(sink.server), until=time.monotonic() + 60)
        is_sent.set()
        looking.result()
    # Numbers are shared for a second or longer.
    cache.clear()
    seen.append(progress_of(edition))

    for before, after in pairwise(seen):
        assert before.as_of <= after.as_of
        assert before.settled <= after.settled
        assert all(
            before.counts[state] <= after.counts[state] for state in ("accepted", "failed", "uncertain")
        )
    assert all(sum(each.counts.values()) == 603 for each in seen)
    assert len({each.settled for each in seen}) > 3
    moving = [each for each in seen if each.per_second and each.seconds_left]
    assert moving
    assert all(0 < (each.seconds_left or 0) < 600 for each in moving)
    last = seen[-1]
    assert (last.counts["accepted"], last.counts["failed"], last.counts["uncertain"]) == (600, 1, 2)
    assert last.share == 1
    assert last.failures == [("5.1.1", 1)]
    uncertain = Delivery.objects.filter(state="uncertain").order_by("uncertain_at")
    assert [(copy.id, copy.message_id) for copy in last.uncertain] == list(
        uncertain.values_list("id", "message_id")
    )
