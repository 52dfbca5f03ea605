"""When editions go out, as a table of what went before: the clock does what the desk says."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from newsletter.models import Delivery, Edition
from newsletter.sending import editions, mailings
from newsletter.sending.calendar import Plan, Why, due_day, due_week, next_after, outlook, plan_of
from tests.factories import DeliveryFactory, EditionFactory, SubscriberFactory
from tests.newsletter.sending.weeks import DUE, SCHEDULE, clock, news

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
# DUE is the Tuesday of W48; the Saturday of that week at noon, and the Tuesday after.
SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
TUESDAY = DUE + 7 * DAY


def out(week: str, at: datetime, state: str = "done", **fields: Any) -> Edition:
    values = {"frozen_at": at, "prepared_at": at, "audience": 0, "done_at": at, **fields}
    edition: Edition = EditionFactory(week=week, state=state, **values)
    return edition


@dataclass(frozen=True)
class Before:
    """An edition before W49's draft: its week, when it began, its state, and what else is known of it."""

    week: str
    at: datetime
    state: str = "done"
    resumed_at: datetime | None = None
    resume_at: datetime | None = None
    has_mailed: bool = True


@pytest.mark.parametrize(
    ("before", "goes_at", "why"),
    [
        pytest.param(None, TUESDAY, Why.SCHEDULE, id="nothing before"),
        pytest.param(Before("2026-W48", DUE), TUESDAY, Why.SCHEDULE, id="last week's in time"),
        pytest.param(
            Before("2026-W48", SATURDAY),
            SATURDAY + 6 * DAY,
            Why.APART,
            id="Saturday's Send now delays Tuesday's",
        ),
        pytest.param(
            Before("2026-W50", SATURDAY),
            SATURDAY + 6 * DAY,
            Why.APART,
            id="a later week's, sent before its time",
        ),
        pytest.param(
            Before("2026-W48", SATURDAY, "cancelled", has_mailed=False),
            TUESDAY,
            Why.SCHEDULE,
            id="cancelled before anything went out",
        ),
        pytest.param(
            Before("2026-W48", SATURDAY, "cancelled"),
            SATURDAY + 6 * DAY,
            Why.APART,
            id="cancelled with copies out",
        ),
        pytest.param(
            Before("2026-W48", DUE, "done", resumed_at=TUESDAY - timedelta(seconds=4)),
            TUESDAY - timedelta(seconds=4) + 6 * DAY,
            Why.APART,
            id="resumed after a week, four seconds before",
        ),
        pytest.param(
            Before("2026-W48", DUE, "paused"), TUESDAY, Why.SCHEDULE, id="paused until staff say so"
        ),
    ],
)
def test_a_draft_goes_out_when_its_week_is_due_and_six_days_after_the_one_before(
    before: Before | None, goes_at: datetime, why: Why
) -> None:
    draft = EditionFactory(week="2026-W49")
    if before:
        edition = out(before.week, before.at, before.state, resumed_at=before.resumed_at)
        if before.has_mailed and before.state != "done":
            DeliveryFactory(edition=edition, state="accepted", accepted_at=before.at)

    plan = plan_of(draft, outlook(), now=TUESDAY - timedelta(seconds=3), schedule=SCHEDULE)
    early = due_week(now=goes_at - timedelta(seconds=1), schedule=SCHEDULE)

    assert plan == Plan(goes_at, why)
    assert early != "2026-W49"
    assert due_week(now=goes_at, schedule=SCHEDULE) == "2026-W49"


@pytest.mark.parametrize("week", ["2020-W01", "2026-W40"])
def test_a_draft_of_a_week_that_is_over_goes_out_only_by_hand(week: str) -> None:
    draft = EditionFactory(week=week)

    assert plan_of(draft, outlook(), now=SATURDAY, schedule=SCHEDULE) == Plan(None, Why.OVER)
    editions.send_now(edition_id=draft.pk, now=SATURDAY)
    draft.refresh_from_db()
    assert plan_of(draft, outlook(), now=SATURDAY, schedule=SCHEDULE) == Plan(SATURDAY, Why.STAFF)


@pytest.mark.parametrize(
    ("state", "fields"),
    [("sending", {}), ("preparing", {}), ("frozen", {}), ("paused", {"resume_at": TUESDAY})],
)
def test_an_edition_waits_while_another_is_being_sent(state: str, fields: dict[str, Any]) -> None:
    draft = EditionFactory(week="2026-W49")
    under_way = out("2026-W48", DUE, state, **fields)

    assert due_week(now=TUESDAY, schedule=SCHEDULE) is None
    assert plan_of(draft, outlook(), now=TUESDAY, schedule=SCHEDULE) == Plan(None, Why.UNDER_WAY)

    Edition.objects.filter(pk=under_way.pk).update(state="done")
    assert due_week(now=TUESDAY, schedule=SCHEDULE) == "2026-W49"


def test_tuesdays_finished_draft_is_mailed_after_a_send_now_on_saturday() -> None:
    SubscriberFactory(confirmed_at=DUE - DAY)
    EditionFactory(week="2026-W48", due_at=SATURDAY)
    EditionFactory(week="2026-W49", subject="Finished")
    news(SATURDAY - DAY)
    clock(SATURDAY)
    Delivery.objects.update(state="accepted", accepted_at=SATURDAY)
    editions.close_finished(now=SATURDAY)

    clock(TUESDAY)
    waiting = Edition.objects.get(week="2026-W49").state
    clock(SATURDAY + 6 * DAY)

    assert waiting == "draft"
    assert Edition.objects.get(week="2026-W49").frozen_at == SATURDAY + 6 * DAY


def test_a_week_is_not_skipped_for_an_edition_that_was_cancelled_before_anything_went_out() -> None:
    SubscriberFactory(confirmed_at=DUE - DAY)
    friday = EditionFactory(week="2026-W48", due_at=SATURDAY - DAY)
    news(SATURDAY - 2 * DAY)
    clock(SATURDAY - DAY)

    editions.cancel(edition_id=friday.pk)
    clock(TUESDAY)

    assert Edition.objects.get(week="2026-W49").frozen_at == TUESDAY


def test_the_next_one_is_named_with_its_time_whatever_becomes_of_this_one() -> None:
    draft = EditionFactory(week="2026-W48")

    sent = next_after(draft, goes_at=SATURDAY, now=SATURDAY, schedule=SCHEDULE)
    left = next_after(draft, goes_at=None, now=SATURDAY, schedule=SCHEDULE)

    assert sent == ("2026-W49", Plan(SATURDAY + 6 * DAY, Why.APART))
    assert left == ("2026-W49", Plan(TUESDAY, Why.SCHEDULE))


def test_the_next_one_is_no_week_that_has_gone_out_already() -> None:
    EditionFactory(
        week="2026-W49",
        state="done",
        audience=0,
        **dict.fromkeys(("frozen_at", "prepared_at", "done_at"), SATURDAY),
    )

    week, _ = next_after(EditionFactory(week="2026-W48"), goes_at=None, now=SATURDAY, schedule=SCHEDULE)

    assert week == "2026-W50"


# --- The day's mail of new comparisons ----------------------------------------------------------

# 08:00 in Berlin.
THURSDAY = DUE + 2 * DAY
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("news_at", "now", "day"),
    [
        pytest.param(THURSDAY - HOUR, THURSDAY, "2026-11-26", id="new since yesterday"),
        pytest.param(THURSDAY - HOUR, THURSDAY - timedelta(seconds=1), None, id="not before the hour"),
        pytest.param(THURSDAY + HOUR, THURSDAY + 2 * HOUR, None, id="new after the hour: tomorrow"),
        pytest.param(THURSDAY + HOUR, THURSDAY + DAY, "2026-11-27", id="tomorrow"),
        pytest.param(THURSDAY - HOUR, THURSDAY + 5 * HOUR, "2026-11-26", id="late, as after an outage"),
        pytest.param(None, THURSDAY, None, id="a day without any"),
    ],
)
def test_new_comparisons_are_mailed_at_the_hour_on_days_that_have_one(
    news_at: datetime | None, now: datetime, day: str | None
) -> None:
    SubscriberFactory(frequency="each_comparison", confirmed_at=DUE - DAY)
    out("2026-11-25", THURSDAY - DAY)
    if news_at:
        news(news_at)

    assert due_day(now=now, schedule=SCHEDULE) == day


def test_a_day_has_one_mail_which_goes_to_those_who_asked_for_each_comparison_and_no_other() -> None:
    daily = SubscriberFactory(frequency="each_comparison", confirmed_at=DUE - DAY)
    SubscriberFactory(confirmed_at=DUE - DAY)
    out("2026-W48", DUE)
    news(THURSDAY - HOUR)

    clock(THURSDAY)
    clock(THURSDAY + HOUR)

    edition = Edition.objects.daily().get()
    assert (edition.week, edition.state, edition.archive) == ("2026-11-26", "sending", None)
    [copy] = Delivery.objects.all()
    assert (copy.edition, copy.subscriber) == (edition, daily)
    assert copy.message_id.startswith("<2026-11-26.")
    assert copy.segment
    assert copy.segment.item_count == 1


def test_a_comparison_is_told_once_however_the_days_follow() -> None:
    SubscriberFactory(frequency="each_comparison", confirmed_at=DUE - 9 * DAY)
    news(THURSDAY - HOUR)

    for days in range(4):
        clock(THURSDAY + days * DAY)
        Delivery.objects.update(state="accepted", accepted_at=THURSDAY)
        editions.close_finished(now=THURSDAY + days * DAY)

    assert list(Edition.objects.daily().values_list("week", flat=True)) == ["2026-11-26"]


def test_a_day_without_readers_for_it_makes_no_edition() -> None:
    SubscriberFactory(confirmed_at=DUE - DAY)
    SubscriberFactory(frequency="each_comparison", status="unsubscribed", unsubscribed_at=DUE)
    news(THURSDAY - HOUR)

    assert due_day(now=THURSDAY, schedule=SCHEDULE) is None


def test_a_days_mail_waits_for_the_one_that_is_being_sent_but_not_for_the_weeks() -> None:
    SubscriberFactory(frequency="each_comparison", confirmed_at=DUE - DAY)
    news(THURSDAY - HOUR)
    under_way = out("2026-11-25", THURSDAY - DAY, "sending")
    out("2026-W48", DUE, "sending")

    assert due_day(now=THURSDAY, schedule=SCHEDULE) is None
    Edition.objects.filter(pk=under_way.pk).update(state="done")
    assert due_day(now=THURSDAY, schedule=SCHEDULE) == "2026-11-26"


def test_a_days_mail_delays_no_weeks_edition() -> None:
    out("2026-W48", DUE)
    out("2026-11-30", TUESDAY - DAY)
    out("2026-12-01", TUESDAY, "sending")

    assert due_week(now=TUESDAY, schedule=SCHEDULE) == "2026-W49"


def test_a_day_that_a_journal_knows_to_be_mailed_waits_for_staff(settings: Settings, tmp_path: Path) -> None:
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "suppressions")
    mailings.note_joined(mailings.join(mailings.read_file()))
    mailings.note_begun("2026-11-26")
    SubscriberFactory(frequency="each_comparison", confirmed_at=DUE - DAY)
    news(THURSDAY - HOUR)

    clock(THURSDAY)

    edition = Edition.objects.daily().get()
    assert (edition.state, edition.repeat) == ("draft", "held")
