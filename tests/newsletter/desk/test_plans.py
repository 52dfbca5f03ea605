"""What the desk says of an edition's time, its readers, and what an action does."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.desk.plans import consequences, is_soon_after_another, plan_words, readers_words
from newsletter.models import Edition
from newsletter.sending.calendar import outlook
from tests.factories import EditionFactory, SubscriberFactory

pytestmark = pytest.mark.django_db

SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)


def out(week: str, at: datetime) -> Edition:
    edition: Edition = EditionFactory(
        week=week, state="done", frozen_at=at, prepared_at=at, audience=0, done_at=at, includes_monthly=True
    )
    return edition


def test_a_draft_says_when_it_goes_out() -> None:
    draft = EditionFactory(week="2026-W49")

    assert (
        plan_words(draft, outlook(), now=SATURDAY)
        == "Goes out on Tue 1 Dec 2026 at 07:00 UTC (08:00 Europe/Berlin)."
    )


def test_a_draft_that_waits_says_for_what() -> None:
    out("2026-W48", SATURDAY)
    draft = EditionFactory(week="2026-W49")

    assert plan_words(draft, outlook(), now=SATURDAY) == (
        "Goes out on Fri 4 Dec 2026 at 12:00 UTC (13:00 Europe/Berlin), six days after the one before, "
        "and not on Tue 1 Dec 2026 at 07:00 UTC (08:00 Europe/Berlin)."
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"week": "2020-W01"},
            "Goes out only by Send now: its time was on Tue 31 Dec 2019 at 07:00 UTC (08:00 Europe/Berlin).",
        ),
        ({"due_at": SATURDAY}, "Goes out within a minute, because staff started it."),
        ({"repeat": "held"}, "Held: it goes out only by Send again."),
        ({"state": "cancelled"}, ""),
    ],
)
def test_other_editions_say_what_becomes_of_them(fields: dict[str, object], words: str) -> None:
    assert plan_words(EditionFactory(**fields), outlook(), now=SATURDAY) == words


def test_readers_are_counted_as_the_edition_would_count_them() -> None:
    for frequency, status in (
        ("weekly", "active"),
        ("monthly", "active"),
        ("weekly", "unsubscribed"),
    ):
        SubscriberFactory(frequency=frequency, status=status, unsubscribed_at=SATURDAY)
    draft = EditionFactory(week="2026-W48")

    first = readers_words(draft, now=SATURDAY)
    out("2026-W47", SATURDAY - timedelta(days=7))
    later = readers_words(draft, now=SATURDAY)

    assert first == "2 readers at most, monthly readers included: readers for whom nothing is new get no mail"
    assert later == "1 reader at most: readers for whom nothing is new get no mail"


def test_send_now_says_to_how_many_and_what_it_does_to_the_next() -> None:
    SubscriberFactory()
    out("2026-W47", SATURDAY - timedelta(days=4))
    draft = EditionFactory(week="2026-W48")

    told = consequences(draft, "send_now", now=SATURDAY)

    assert told.own.startswith("2026-W48 goes out within a minute, to 1 reader at most")
    assert (
        "2026-W47 went out on Tue 24 Nov 2026 at 12:00 UTC (13:00 Europe/Berlin), less than six days ago"
        in told.own
    )
    assert told.next.startswith("The next one, 2026-W49, goes out on Fri 4 Dec 2026 at 12:00 UTC")


def test_cancelling_says_that_the_week_has_no_other_edition_and_when_the_next_one_goes() -> None:
    told = consequences(EditionFactory(week="2026-W48"), "cancel", now=SATURDAY)

    assert told.own == "Nothing more of 2026-W48 goes out, and its week has no other edition."
    assert (
        told.next == "The next one, 2026-W49, goes out on Tue 1 Dec 2026 at 07:00 UTC (08:00 Europe/Berlin)."
    )


@pytest.mark.parametrize("action", ["send_now", "resume", "cancel"])
def test_what_is_done_to_a_days_mail_changes_nothing_of_the_weeks(action: str) -> None:
    SubscriberFactory(frequency="each_comparison")
    out("2026-W48", SATURDAY)
    day = EditionFactory(week="2026-11-28")

    said = consequences(day, action, now=SATURDAY)

    assert "2026-11-28" in said.own
    assert said.next == "The next one goes out at its hour, on the next day with a new comparison."
    assert not is_soon_after_another(day, now=SATURDAY)
    assert readers_words(day, now=SATURDAY) == "1 reader at most: readers for whom nothing is new get no mail"
