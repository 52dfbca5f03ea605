"""A bucket that learns how fast a server takes mail."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from newsletter.deliveries.totals import SentLately
from newsletter.models import MailRate
from newsletter.sending.rates import Allowance, Bucket, slow_down, slower, take, take_from
from tests.database import at_once
from tests.factories import NOW, EditionFactory

UNLIMITED = Bucket(per_minute=None, tokens=0, refilled_at=NOW, raised_at=NOW, closed_until=None)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_where_no_limit_was_met_nothing_is_held_back() -> None:
    assert take(UNLIMITED, wanted=50, most_per_minute=0, now=NOW)[1] == Allowance(50, 0)


def test_a_limit_of_our_own_holds() -> None:
    bucket, mails = UNLIMITED, 0
    for tenth in range(1, 601):
        bucket, allowance = take(bucket, wanted=50, most_per_minute=120, now=NOW + seconds(tenth / 10))
        mails += allowance.mails

    assert mails == pytest.approx(120, abs=2)


def test_a_rate_is_never_learned_from_less_than_a_minute_of_sending() -> None:
    bucket = slower(UNLIMITED, sent=SentLately(900, for_a_minute=False), now=NOW)

    assert bucket.per_minute is None
    assert take(bucket, wanted=50, most_per_minute=0, now=NOW + seconds(59))[1] == Allowance(0, 1)
    assert take(bucket, wanted=50, most_per_minute=0, now=NOW + seconds(61))[1] == Allowance(50, 0)


def test_a_refusal_closes_the_bucket_for_a_minute_and_teaches_the_rate() -> None:
    bucket = slower(UNLIMITED, sent=SentLately(100, for_a_minute=True), now=NOW)

    assert bucket.per_minute == 95
    assert take(bucket, wanted=50, most_per_minute=0, now=NOW + seconds(59))[1] == Allowance(0, 1)
    assert take(bucket, wanted=50, most_per_minute=0, now=NOW + seconds(61))[1].mails > 0


def test_refusals_at_once_count_once() -> None:
    sent = SentLately(100, for_a_minute=True)
    bucket = slower(UNLIMITED, sent=sent, now=NOW)

    assert slower(bucket, sent=sent, now=NOW + seconds(1)) == bucket


def test_each_quiet_minute_raises_the_rate_by_twice_as_much_as_the_one_before() -> None:
    bucket, rates = replace(UNLIMITED, per_minute=60, closed_until=NOW), []
    for minute in range(1, 6):
        bucket, _ = take(bucket, wanted=1, most_per_minute=0, now=NOW + timedelta(minutes=minute))
        rates.append(bucket.per_minute)

    assert rates == [61, 63, 67, 75, 91]


def test_a_rate_that_was_learned_wrongly_is_gone_in_minutes() -> None:
    bucket = slower(UNLIMITED, sent=SentLately(2, for_a_minute=True), now=NOW)
    for minute in range(1, 14):
        bucket, _ = take(bucket, wanted=1, most_per_minute=0, now=NOW + timedelta(minutes=minute))

    assert bucket.per_minute is not None
    assert bucket.per_minute > 1_000


def test_after_a_week_without_mail_a_limit_that_was_met_is_not_forgotten() -> None:
    bucket = slower(UNLIMITED, sent=SentLately(100, for_a_minute=True), now=NOW)

    bucket, _ = take(bucket, wanted=1, most_per_minute=0, now=NOW + timedelta(days=7))

    assert bucket.per_minute == 190


def test_most_of_what_a_server_allows_is_used_and_little_is_refused() -> None:
    allowed, used, refused = 100, [0] * 30, [0] * 30
    bucket, now = UNLIMITED, NOW
    while now < NOW + timedelta(minutes=30):
        minute = int((now - NOW).total_seconds() // 60)
        bucket, allowance = take(bucket, wanted=10, most_per_minute=0, now=now)
        room = min(allowance.mails, allowed - used[minute])
        used[minute] += room
        if room < allowance.mails:
            refused[minute] += 1
            bucket = slower(bucket, sent=sent_lately(used, minute, now), now=now)
        now += seconds(0.1 + min(allowance.wait_seconds, 1))

    assert min(used[2:]) >= 85
    assert sum(used[2:]) / 28 >= 90
    assert sum(refused[1:]) <= 0.05 * sum(used[1:])


def sent_lately(used: list[int], minute: int, now: datetime) -> SentLately:
    """Evenly spread, those of the last minute."""
    share = (now - NOW).total_seconds() % 60 / 60
    sent = round(used[minute] + (1 - share) * (used[minute - 1] if minute else 0))
    return SentLately(sent, for_a_minute=minute > 0)


@pytest.mark.django_db
def test_all_processes_share_one_bucket() -> None:
    edition = EditionFactory()

    before = take_from("mail.example.com:25", wanted=50, most_per_minute=0)
    slow_down("mail.example.com:25", edition_id=edition.pk)

    assert before == Allowance(50, 0)
    assert take_from("mail.example.com:25", wanted=50, most_per_minute=0).mails == 0
    assert take_from("other.example.com:25", wanted=50, most_per_minute=0).mails == 50


@pytest.mark.django_db(transaction=True)
def test_a_rate_may_be_forgotten_at_any_moment() -> None:
    def take() -> None:
        for _ in range(100):
            take_from("mail.example.com:25", wanted=50, most_per_minute=12_000)

    def forget() -> None:
        for _ in range(100):
            MailRate.objects.all().delete()

    assert at_once(take, take, forget) == [None] * 3


def test_a_clock_that_was_set_back_takes_nothing_away() -> None:
    bucket = replace(UNLIMITED, per_minute=600, tokens=5, refilled_at=NOW)

    after, allowance = take(bucket, wanted=50, most_per_minute=0, now=NOW - seconds(3600))

    assert allowance.mails == 5
    assert after.refilled_at == NOW - seconds(3600)
