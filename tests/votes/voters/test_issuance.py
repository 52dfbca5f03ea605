"""What a request for a token is counted against, and what a refusal leaves behind."""

from datetime import timedelta
from ipaddress import ip_address

import pytest
from pytest_django.fixtures import Settings

from backend.api.models import RateCounter
from backend.api.throttling import Throttled
from tests.factories import NOW
from tests.votes.voters.test_challenges import solved
from votes.models import SpentChallenge
from votes.voters.challenges import ChallengeFailed, Solution, new_challenge
from votes.voters.issuance import count_attempt, give_token
from votes.voters.tokens import read_token

ADDRESS = ip_address("192.0.2.7")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def work(settings: Settings) -> None:
    settings.VOTER_CHALLENGE = "proof_of_work"
    settings.PROOF_OF_WORK_BITS = 4


def test_an_attempt_is_counted_for_its_network_until_there_are_too_many() -> None:
    states = [count_attempt(address=ADDRESS, now=NOW) for _ in range(120)]

    assert [state.tightest.remaining for state in states] == [*range(119, -1, -1)]
    with pytest.raises(Throttled):
        count_attempt(address=ADDRESS, now=NOW)
    assert count_attempt(address=ip_address("192.0.2.8"), now=NOW).tightest.remaining == 119
    assert count_attempt(address=ADDRESS, now=NOW + timedelta(minutes=1)).tightest.remaining == 119


def test_a_solution_buys_a_token_of_its_assurance() -> None:
    issued, state = give_token(solution=solved(new_challenge(now=NOW)), address=ADDRESS, now=NOW)

    assert read_token(issued.token, now=NOW).assurance == issued.assurance == 1
    assert [each.limit.name for each in state.allowances] == [
        "voters-60s", "voters-86400s", "voters-of-network-86400s",
    ]  # fmt: skip
    assert SpentChallenge.objects.count() == 1


def test_a_wrong_solution_is_counted_nowhere() -> None:
    with pytest.raises(ChallengeFailed):
        give_token(solution=Solution(challenge="v1.a.b.c", nonce="1"), address=ADDRESS, now=NOW)

    assert not RateCounter.objects.exists()


def test_a_refusal_leaves_no_count_and_no_spent_solution() -> None:
    for _ in range(5):
        give_token(solution=solved(new_challenge(now=NOW)), address=ADDRESS, now=NOW)
    before = list(RateCounter.objects.order_by("key").values_list("key", "count"))

    with pytest.raises(Throttled):
        give_token(solution=solved(new_challenge(now=NOW)), address=ADDRESS, now=NOW)

    assert list(RateCounter.objects.order_by("key").values_list("key", "count")) == before
    assert SpentChallenge.objects.count() == 5
