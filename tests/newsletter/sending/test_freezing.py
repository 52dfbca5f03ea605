"""What is frozen is one moment of the site, and stays as it is."""

import re
from datetime import timedelta

import pytest

from newsletter.models import Delivery, Edition, Segment
from newsletter.sending import editions
from tests.factories import SubscriberFactory, ToolFactory, vote
from tests.newsletter.sending.weeks import DUE, SCHEDULE, clock, news
from votes.models import Vote
from votes.tallies.day_lines import close_day, yesterday

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("closed", [pytest.param(True, id="each night"), pytest.param(False, id="by nobody")])
def test_weeks_of_a_moving_crowd_are_told_without_repetition_or_gap(closed: bool) -> None:
    """It turns round two days before each edition, in the night before, and an hour after."""
    tool = ToolFactory(name="Aider")
    for days in range(3):
        vote(tool, ship=40, at=DUE - timedelta(weeks=1, days=days))
    voters = list(Vote.objects.values_list("pk", flat=True))
    moments = [
        (DUE + timedelta(weeks=week, hours=hours), hours == 0)
        for week in range(6)
        for hours in (-48, -4, 0, 1)
    ]
    for number, (moment, is_due) in enumerate(moments):
        if closed:
            close_day(day=yesterday(moment), now=moment)
        if is_due:
            clock(moment)
            continue
        ship = (100 if number // 4 % 2 else 10) + number % 4
        Vote.objects.filter(pk__in=voters[:ship]).update(value="ship")
        Vote.objects.filter(pk__in=voters[ship:]).update(value="skip")

    told = [re.findall(r"(\d+ of \d+)", each.text) for each in Edition.objects.order_by("week")]
    assert [len(counts) for counts in told] == [1, 2, 2, 2, 2, 2]
    assert [now for now, *_ in told[:-1]] == [before for _, before in told[1:]]
    # The last line that was there when the last edition was frozen.
    assert told[-1][0] == ("100 of 120" if closed else "101 of 120")


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
