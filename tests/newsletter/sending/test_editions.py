"""An edition's life, in steps that may be repeated, overlap, or be taken up by somebody else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from newsletter.deliveries.totals import totals_of
from newsletter.models import Delivery, Edition, Segment, Subscriber, Suppression
from newsletter.sending import editions
from tests.database import at_once
from tests.factories import (
    CategoryFactory,
    ComparisonFactory,
    EditionFactory,
    SubscriberFactory,
    ToolFactory,
    vote,
)
from votes.models import PublishedTally
from votes.tallies.day_lines import close_day, yesterday

pytestmark = pytest.mark.django_db(transaction=True)

# A Tuesday, eight in Berlin.
DUE = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
SCHEDULE = editions.schedule_from_settings()


def clock(now: datetime = DUE) -> None:
    editions.ensure_due_editions(now=now, schedule=SCHEDULE)
    for edition in editions.unprepared():
        editions.prepare(edition_id=edition.pk, now=now)
    editions.close_finished(now=now)


def news(at: datetime = DUE - timedelta(days=1)) -> None:
    ComparisonFactory(published_at=at)


def the_edition() -> Edition:
    return Edition.objects.get()


def test_nothing_is_begun_before_its_time() -> None:
    clock(DUE - timedelta(seconds=1))

    assert not Edition.objects.exists()


def test_an_edition_is_made_frozen_and_prepared_when_its_time_has_come() -> None:
    news()
    SubscriberFactory.create_batch(3)

    clock()

    edition = the_edition()
    assert (edition.week, edition.state, edition.audience) == ("2026-W48", "sending", 3)
    assert edition.frozen_at == DUE
    assert Delivery.objects.filter(state="pending").count() == 3


def test_any_number_of_clocks_make_one_edition_and_one_copy_each() -> None:
    news()
    SubscriberFactory.create_batch(3)

    errors = at_once(*[clock] * 4)
    clock(DUE + timedelta(minutes=1))

    assert errors == [None] * 4
    assert the_edition().audience == Delivery.objects.count() == 3


def test_fifty_who_send_now_at_once_send_one_edition() -> None:
    news()
    SubscriberFactory()
    edition = EditionFactory(week="2026-W50")

    errors = at_once(*[lambda: editions.send_now(edition_id=edition.pk, now=DUE)] * 10)
    at_once(*[lambda: editions.freeze(edition_id=edition.pk, now=DUE, schedule=SCHEDULE)] * 5)
    clock(DUE)

    assert errors == [None] * 10
    assert Delivery.objects.filter(edition=edition).count() == 1


def test_a_curators_draft_becomes_the_edition_of_its_week() -> None:
    news()
    SubscriberFactory()
    EditionFactory(week="2026-W48", subject="By hand")

    clock()

    assert (the_edition().state, Segment.objects.get().subject) == ("sending", "By hand")


def test_a_cancelled_week_has_no_mail() -> None:
    news()
    SubscriberFactory()
    EditionFactory(week="2026-W48", state="cancelled")

    clock()

    assert not Delivery.objects.exists()


def test_a_changed_schedule_brings_no_two_editions_in_the_same_days() -> None:
    EditionFactory(
        week="2026-W47",
        state="done",
        frozen_at=DUE - timedelta(days=5),
        prepared_at=DUE,
        audience=0,
        done_at=DUE,
    )

    clock()
    clock(DUE + timedelta(days=1, seconds=1))

    assert Edition.objects.get(week="2026-W48").frozen_at == DUE + timedelta(days=1, seconds=1)


@pytest.mark.parametrize(
    ("frequency", "earlier", "is_sent"),
    [
        pytest.param("weekly", True, True, id="weekly"),
        pytest.param("each_comparison", True, True, id="each comparison"),
        pytest.param("monthly", True, False, id="monthly, had one this month"),
        pytest.param("monthly", False, True, id="monthly, first of the month"),
    ],
)
def test_who_gets_an_edition(frequency: str, earlier: bool, is_sent: bool) -> None:
    news()
    SubscriberFactory(frequency=frequency)
    EditionFactory(
        week="2026-W46",
        state="done",
        frozen_at=DUE - timedelta(days=14),
        prepared_at=DUE,
        audience=0,
        done_at=DUE,
        includes_monthly=earlier,
    )

    clock()

    assert Delivery.objects.exists() == is_sent


def test_monthly_readers_are_told_what_is_new_since_their_last_one() -> None:
    for days, monthly in ((28, True), (14, False), (7, False)):
        EditionFactory(
            state="done",
            frozen_at=DUE - timedelta(days=days),
            prepared_at=DUE,
            audience=0,
            done_at=DUE,
            includes_monthly=monthly,
        )
    edition = EditionFactory(state="frozen", frozen_at=DUE)

    assert editions.since(edition, frequency="weekly") == DUE - timedelta(days=7)
    assert editions.since(edition, frequency="monthly") == DUE - timedelta(days=28)


# --- Odd audiences ----------------------------------------------------------------------------


def test_an_edition_with_nobody_to_read_it_is_done() -> None:
    news()

    clock()

    assert (the_edition().state, the_edition().audience) == ("done", 0)


def test_an_edition_with_nothing_to_tell_is_sent_to_nobody() -> None:
    SubscriberFactory()

    clock()

    assert (the_edition().state, the_edition().audience) == ("done", 0)
    assert Segment.objects.get().item_count == 0


def test_whoever_is_not_confirmed_is_no_reader_however_many_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(editions, "PAGE", 10)
    news()
    SubscriberFactory.create_batch(25, status="pending", confirmed_at=None)
    SubscriberFactory(confirmed_at=DUE + timedelta(minutes=1))
    SubscriberFactory.create_batch(2, confirmed_at=DUE)

    clock()

    assert the_edition().audience == 2


@pytest.mark.parametrize("readers", [9, 10, 20, 21])
def test_every_page_is_prepared(monkeypatch: pytest.MonkeyPatch, readers: int) -> None:
    monkeypatch.setattr(editions, "PAGE", 10)
    news()
    SubscriberFactory.create_batch(readers)

    clock()

    assert the_edition().audience == readers


def test_whoever_sends_at_once_finds_copies_counted() -> None:
    news()
    SubscriberFactory.create_batch(12)

    clock()

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'newsletter_delivery'")
        assert cursor.fetchone() == (12,)


def test_an_audience_that_is_suppressed_throughout_is_done_at_once() -> None:
    news()
    for reader in SubscriberFactory.create_batch(3):
        Suppression.objects.create(address_key=reader.address_key, reason="hard_bounce", created_at=DUE)

    clock()

    counted = totals_of(the_edition())
    assert the_edition().state == "done"
    assert (counted.suppressed, counted.settled, counted.balance) == (3, 3, True)


def test_preparing_again_adds_nobody_twice() -> None:
    news()
    SubscriberFactory.create_batch(3)
    clock()
    before = set(Delivery.objects.values_list("id", "message_id"))

    Edition.objects.update(state="preparing", prepared_at=None)
    clock()

    assert set(Delivery.objects.values_list("id", "message_id")) == before


# --- Content ----------------------------------------------------------------------------------


def test_readers_with_the_same_choices_share_one_text() -> None:
    first, second = CategoryFactory(), CategoryFactory()
    ComparisonFactory(
        first_tool__category=first, second_tool__category=second, published_at=DUE - timedelta(days=1)
    )
    for topics in ([], [first, second], [second, first], [second]):
        reader: Subscriber = SubscriberFactory()
        reader.topics.set(topics)

    clock()

    assert Segment.objects.count() == 3
    assert Delivery.objects.count() == 4


@pytest.mark.parametrize("closed", [pytest.param(True, id="each night"), pytest.param(False, id="by nobody")])
def test_weeks_of_a_moving_crowd_are_told_without_repetition_or_gap(closed: bool) -> None:
    """It turns round two days before each edition, in the night before, and an hour after."""
    tool = ToolFactory(name="Aider")
    vote(tool, ship=1, at=DUE - timedelta(weeks=1))
    moments = [
        (DUE + timedelta(weeks=week, hours=hours), hours == 0)
        for week in range(6)
        for hours in (-48, -4, 0, 1)
    ]
    for number, (moment, is_due) in enumerate(moments):
        if closed:
            close_day(day=yesterday(moment))
        if is_due:
            clock(moment)
            continue
        total = 100 + number
        ship = (90 if number // 4 % 2 else 10) + number % 4
        PublishedTally.objects.filter(tool=tool).update(ship=ship, skip=total - ship, as_of=moment)

    told = [re.findall(r"(\d+ of \d+)", each.text) for each in Edition.objects.order_by("week")]
    assert [len(counts) for counts in told] == [1, 2, 2, 2, 2, 2]
    assert [now for now, *_ in told[:-1]] == [before for _, before in told[1:]]
    # The last line that was there when the last edition was frozen.
    assert told[-1][0] == ("90 of 120" if closed else "91 of 121")


def test_what_is_frozen_does_not_change() -> None:
    news()
    SubscriberFactory()
    editions.ensure_due_editions(now=DUE, schedule=SCHEDULE)
    frozen = Segment.objects.get()

    news(DUE - timedelta(hours=1))
    Edition.objects.update(subject="Edited")
    clock(DUE + timedelta(minutes=1))

    sent = Delivery.objects.select_related("segment").get().segment
    assert sent is not None
    assert (sent.pk, sent.subject, sent.text) == (frozen.pk, frozen.subject, frozen.text)


# --- Pause, resume, cancel --------------------------------------------------------------------


def sending() -> Edition:
    news()
    SubscriberFactory()
    clock()
    return the_edition()


def test_an_outage_is_over_by_itself() -> None:
    edition = sending()
    editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)

    clock(datetime.now(UTC) + timedelta(seconds=settings.SENDING_OUTAGE_SECONDS - 5))
    still = the_edition().state
    clock(datetime.now(UTC) + timedelta(seconds=settings.SENDING_OUTAGE_SECONDS + 5))

    assert (still, the_edition().state) == ("paused", "sending")


def test_a_pause_by_staff_ends_by_staff() -> None:
    edition = sending()
    editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)
    editions.pause(edition_id=edition.pk, reason="wrong mail")
    editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)

    clock(datetime.now(UTC) + timedelta(days=1))
    reason = the_edition().state_reason
    resumed = editions.resume(edition_id=edition.pk, by_staff_at=DUE)

    assert (reason, resumed, the_edition().state) == ("wrong mail", True, "sending")


def test_what_was_paused_before_it_was_prepared_is_prepared_then() -> None:
    news()
    SubscriberFactory()
    editions.ensure_due_editions(now=DUE, schedule=SCHEDULE)
    editions.pause(edition_id=the_edition().pk, reason="wait")
    clock()
    waiting = Delivery.objects.count()

    editions.resume(edition_id=the_edition().pk, by_staff_at=DUE)
    clock()

    assert (waiting, Delivery.objects.count()) == (0, 1)


def test_a_cancelled_edition_sends_no_more_and_stays_so() -> None:
    edition = sending()

    cancelled = editions.cancel(edition_id=edition.pk)

    assert cancelled
    assert Delivery.objects.get().state == "cancelled"
    assert not editions.resume(edition_id=edition.pk, by_staff_at=DUE)
    assert not editions.cancel(edition_id=edition.pk)
