"""What a reader who just confirmed may look forward to, by the calendar that the clock follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from newsletter.models import Edition
from newsletter.readers.upcoming import LastEdition, Upcoming
from newsletter.sending.upcoming import next_mail_at, upcoming_for
from tests.factories import EditionFactory, SubscriberFactory
from tests.newsletter.editions import new_pair, sent
from tests.newsletter.sending.weeks import DUE, SCHEDULE

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# DUE is Tuesday the 24th of November; the last Tuesday before it, and the next two.
BEFORE, AFTER, IN_DECEMBER = DUE - 7 * DAY, DUE + 7 * DAY, datetime(2026, 12, 1, 7, tzinfo=UTC)
NOON = DUE + timedelta(hours=5)


def out(week: str, at: datetime, **fields: Any) -> None:
    values = {"state": "done", "frozen_at": at, "prepared_at": at, "audience": 0, "done_at": at}
    EditionFactory(week=week, **{**values, **fields})


@pytest.mark.parametrize(
    ("now", "editions", "at"),
    [
        pytest.param(DUE - DAY, [], DUE, id="this week's"),
        pytest.param(
            NOON, [{"week": "2026-W48", "at": DUE}], AFTER, id="next week's, once this one's is out"
        ),
        pytest.param(
            NOON, [{"week": "2026-W48", "at": DUE, "state": "cancelled"}], AFTER, id="after a cancelled one"
        ),
        pytest.param(
            NOON + DAY,
            [{"week": "2026-W48", "at": NOON + DAY}],
            NOON + 7 * DAY,
            id="six days after one that was sent late",
        ),
        pytest.param(
            NOON + 4 * DAY,
            [{"week": "2026-W49", "at": NOON + 4 * DAY}],
            AFTER + 7 * DAY,
            id="the week after one that was sent early, though this week had none",
        ),
    ],
)
def test_a_weekly_readers_next_mail(now: datetime, editions: list[dict[str, Any]], at: datetime) -> None:
    for each in editions:
        out(**each)

    assert next_mail_at(frequency="weekly", now=now, schedule=SCHEDULE) == at


def test_a_draft_that_staff_set_a_time_for_comes_at_that_time() -> None:
    EditionFactory(week="2026-W48", state="draft", due_at=NOON + timedelta(hours=2))

    assert next_mail_at(frequency="weekly", now=NOON, schedule=SCHEDULE) == NOON + timedelta(hours=2)


def test_a_draft_that_is_held_is_not_promised() -> None:
    EditionFactory(week="2026-W48", state="draft", repeat="held", due_at=NOON + DAY)

    assert next_mail_at(frequency="weekly", now=NOON, schedule=SCHEDULE) == AFTER


@pytest.mark.parametrize(
    ("mailed", "at"),
    [
        pytest.param({}, DUE, id="this month's is still to come"),
        pytest.param({"includes_monthly": True}, IN_DECEMBER, id="this month's is out"),
        pytest.param({"includes_monthly": True, "state": "cancelled"}, DUE, id="this month's was cancelled"),
    ],
)
def test_a_monthly_readers_next_mail_is_the_first_of_a_month(mailed: dict[str, Any], at: datetime) -> None:
    if mailed:
        out("2026-W47", BEFORE, **mailed)

    assert next_mail_at(frequency="monthly", now=DUE - DAY, schedule=SCHEDULE) == at


def test_nobody_knows_which_day_has_a_new_comparison() -> None:
    EditionFactory(week="2026-11-25", state="draft", due_at=NOON + DAY)

    assert next_mail_at(frequency="each_comparison", now=NOON, schedule=SCHEDULE) is None
    assert next_mail_at(frequency="weekly", now=NOON, schedule=SCHEDULE) == AFTER


def test_the_last_edition_is_there_to_read_meanwhile(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    reader = SubscriberFactory()
    new_pair()
    sent("2026-W47", subject="An older one", frozen_at=BEFORE)
    sent("2026-W48", subject="Two tools")
    EditionFactory(week="2026-W49", state="draft")

    with django_assert_num_queries(4):
        upcoming = upcoming_for(reader, now=NOON)

    page = "http://127.0.0.1:8000/newsletter/editions/2026-W48"
    assert upcoming == Upcoming(AFTER, LastEdition("2026-W48", "Two tools", page))


def test_an_edition_that_went_to_nobody_is_not_the_last_one() -> None:
    new_pair()
    sent("2026-W47", subject="An older one", frozen_at=BEFORE)
    sent("2026-W48", subject="To nobody", audience=0)

    last = upcoming_for(SubscriberFactory(), now=NOON).last_edition

    assert last
    assert last.subject == "An older one"


def test_before_the_first_edition_there_is_nothing_to_read() -> None:
    assert upcoming_for(SubscriberFactory(), now=NOON).last_edition is None
    assert not Edition.objects.exists()
