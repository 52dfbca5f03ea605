"""What happens to votes by the clock."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from backend.api.models import Salt
from tests.factories import NOW, ToolFactory, VoteFactory, vote
from votes import tasks
from votes.models import PublishedTally, SpentChallenge, Tally, TallyDay
from votes.rules import HOURLY_FLOOR

pytestmark = pytest.mark.django_db


def test_votes_become_public() -> None:
    tool = VoteFactory().tool

    tasks.publish_tallies()

    assert PublishedTally.objects.get(tool=tool).ship == 1


# So that no midnight comes between the test and the task.
@time_machine.travel(NOW, tick=False)
def test_yesterday_gets_its_line() -> None:
    tool = ToolFactory()
    vote(tool, ship=1, at=timezone.now() - timedelta(days=1))

    tasks.close_yesterday()

    assert TallyDay.objects.get(tool=tool).day == timezone.now().date() - timedelta(days=1)


def test_limits_follow_what_is_usual() -> None:
    tool = ToolFactory()
    Tally.objects.update(hourly_limit=1)

    tasks.rescore()

    assert Tally.objects.get(tool=tool).hourly_limit == HOURLY_FLOOR


@time_machine.travel(NOW, tick=False)
def test_old_salts_and_spent_challenges_are_forgotten() -> None:
    now = timezone.now()
    for days in (30, 0):
        Salt.objects.create(day=now.date() - timedelta(days=days), salt=b"s" * 32)
        SpentChallenge.objects.create(key=bytes([days]) * 32, expires_at=now + timedelta(hours=1 - days))

    tasks.purge_expired()

    assert Salt.objects.get().day == now.date()
    assert SpentChallenge.objects.get().expires_at > now
