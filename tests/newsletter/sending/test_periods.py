"""Which time an edition tells of, and which one goes to monthly readers."""

from datetime import timedelta

import pytest

from newsletter.models import Delivery
from newsletter.sending.periods import is_first_of_month, since
from tests.factories import EditionFactory, SubscriberFactory
from tests.newsletter.sending.weeks import DUE, SCHEDULE, clock, news

pytestmark = pytest.mark.django_db(transaction=True)


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

    assert since(edition, frequency="weekly") == DUE - timedelta(days=7)
    assert since(edition, frequency="monthly") == DUE - timedelta(days=28)


@pytest.mark.parametrize(
    ("earlier", "days"),
    [
        pytest.param({"2026-11-23": 1, "2026-W47": 3}, 1, id="the last day's mail"),
        pytest.param({"2026-W47": 3}, 3, id="before the first one, the last week's"),
        pytest.param({"2026-11-04": 20, "2026-W45": 21}, 7, id="a week at most"),
        pytest.param({}, 7, id="nothing before"),
    ],
)
def test_a_days_mail_tells_what_is_new_since_the_last_one(earlier: dict[str, int], days: int) -> None:
    for week, ago in earlier.items():
        at = DUE - timedelta(days=ago)
        EditionFactory(week=week, state="done", frozen_at=at, prepared_at=at, audience=0, done_at=at)
    edition = EditionFactory(week="2026-11-24", state="frozen", frozen_at=DUE)

    assert since(edition, frequency="each_comparison") == DUE - timedelta(days=days)


def test_a_days_mail_moves_nothing_of_the_weeks() -> None:
    for week, ago in (("2026-W47", 7), ("2026-11-23", 1)):
        at = DUE - timedelta(days=ago)
        EditionFactory(week=week, state="done", frozen_at=at, prepared_at=at, audience=0, done_at=at)
    edition = EditionFactory(week="2026-W48", state="frozen", frozen_at=DUE)

    assert since(edition, frequency="weekly") == DUE - timedelta(days=7)
    assert is_first_of_month(edition, schedule=SCHEDULE)
    assert not is_first_of_month(
        EditionFactory(week="2026-11-24", state="frozen", frozen_at=DUE), schedule=SCHEDULE
    )
