"""A tally in an answer: its fields, whichever way it was read."""

from datetime import date

from tests.factories import NOW
from votes.models import PublishedTally, TallyDay
from votes.tallies.serializers import TallyDaySerializer, TallySerializer


def test_a_tally_is_answered_with_the_documented_fields() -> None:
    tally = PublishedTally(ship=6, skip=4, pending=2, quarantined=1, as_of=NOW)

    answer = TallySerializer(tally).data

    assert answer.keys() == TallySerializer().fields.keys()
    assert (answer["total"], answer["percent"], answer["as_of"]) == (10, 60, "2026-11-02T09:30:00Z")


def test_no_votes_are_null_and_not_zero() -> None:
    answer = TallySerializer(PublishedTally(as_of=NOW)).data

    assert [answer[name] for name in ("percent", "interval", "call", "flip_margin")] == [None] * 4


def test_a_line_is_answered_with_the_documented_fields() -> None:
    line = TallyDay(
        day=date(2026, 11, 1),
        ship=3,
        skip=1,
        pending=0,
        quarantined=2,
        rejected=5,
        ruleset="2026-11",
        digest="d",
    )

    answer = TallyDaySerializer(line).data

    assert answer.keys() == TallyDaySerializer().fields.keys()
    assert (answer["day_on"], answer["percent"], answer["rejected"]) == ("2026-11-01", 75, 5)
