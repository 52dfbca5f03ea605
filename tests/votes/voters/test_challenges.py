"""What a solution must be, against a Turnstile of our own on loopback that says whatever it is told to."""

import itertools
import struct
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from backend.api.signed_tokens import sign
from tests.database import at_once
from tests.votes.voters.turnstile import SUCCESS, Cloudflare, says
from votes.models import SpentChallenge
from votes.voters.challenges import (
    Challenge,
    ChallengeFailed,
    ChallengeRequired,
    ChallengeSpent,
    ChallengeUnavailable,
    Proof,
    Solution,
    Turnstile,
    new_challenge,
    purge_expired_challenges,
    spend,
    verify,
    zero_bits,
)
from votes.voters.tokens import issue_token

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADDRESS = ip_address("192.0.2.7")


def checked(solution: Solution, *, now: datetime = NOW) -> Proof:
    return verify(solution, address=ADDRESS, now=now)


class TestNothing:
    def test_nothing_is_asked_for_and_nothing_is_spent(self, settings: Settings) -> None:
        settings.VOTER_CHALLENGE = "none"

        assert new_challenge(now=NOW) == Challenge(kind="none")
        assert checked(Solution()) == Proof(assurance=0, key=None)


def solved(challenge: Challenge, *, beginning: int = 0) -> Solution:
    """The first nonce that is good enough, from a number on."""
    assert challenge.challenge
    assert challenge.difficulty_bits
    for number in itertools.count(beginning):
        digest = sha256(f"{challenge.challenge}:{number}".encode()).digest()
        if int.from_bytes(digest[:4], "big") < 1 << (32 - challenge.difficulty_bits):
            return Solution(challenge=challenge.challenge, nonce=str(number))
    raise AssertionError


def unsolved(challenge: Challenge) -> Solution:
    assert challenge.challenge
    nonces = (str(number) for number in itertools.count())
    return Solution(
        challenge.challenge, next(n for n in nonces if zero_bits(challenge.challenge or "", n) < 8)
    )


class TestProofOfWork:
    @pytest.fixture(autouse=True)
    def eight_bits(self, settings: Settings) -> None:
        settings.VOTER_CHALLENGE = "proof_of_work"
        settings.PROOF_OF_WORK_BITS = 8

    @given(st.text(), st.integers(min_value=0))
    def test_bits_are_counted_from_the_front(self, challenge: str, nonce: int) -> None:
        digest = sha256(f"{challenge}:{nonce}".encode()).digest()
        written = "".join(f"{byte:08b}" for byte in digest)

        assert zero_bits(challenge, str(nonce)) == len(written) - len(written.lstrip("0"))

    def test_a_solution_proves_work(self) -> None:
        challenge = new_challenge(now=NOW)

        proof = checked(solved(challenge))

        assert (challenge.kind, challenge.difficulty_bits, challenge.site_key) == ("proof_of_work", 8, None)
        assert challenge.expires_at == NOW + timedelta(minutes=10) == proof.expires_at
        assert proof.assurance == 1

    def test_all_solutions_of_a_challenge_are_one(self) -> None:
        challenge = new_challenge(now=NOW)

        first = solved(challenge)
        second = solved(challenge, beginning=int(first.nonce or 0) + 1)

        assert first != second
        assert checked(first).key == checked(second).key
        assert checked(solved(new_challenge(now=NOW))).key != checked(first).key

    def test_it_is_as_hard_as_it_was_when_it_was_given(self, settings: Settings) -> None:
        easy = solved(new_challenge(now=NOW))
        settings.PROOF_OF_WORK_BITS = 20

        assert checked(easy).assurance == 1

    def test_a_nonce_with_too_few_bits_is_refused(self) -> None:
        with pytest.raises(ChallengeFailed):
            checked(unsolved(new_challenge(now=NOW)))

    def test_it_ends_after_ten_minutes(self) -> None:
        solution = solved(new_challenge(now=NOW))

        assert checked(solution, now=NOW + timedelta(minutes=10, seconds=-1)).assurance == 1
        with pytest.raises(ChallengeFailed):
            checked(solution, now=NOW + timedelta(minutes=10))

    @pytest.mark.parametrize(
        "solution",
        [
            pytest.param(Solution(), id="nothing"),
            pytest.param(Solution(nonce="1"), id="no challenge"),
            pytest.param(Solution(challenge="v1.a.b.c"), id="no nonce"),
            pytest.param(Solution(turnstile_token="token"), id="that of another kind"),
        ],
    )
    def test_what_is_missing_is_asked_for(self, solution: Solution) -> None:
        with pytest.raises(ChallengeRequired):
            checked(solution)

    def test_a_voters_token_is_no_challenge(self) -> None:
        token = issue_token(assurance=0, now=NOW).token

        with pytest.raises(ChallengeFailed):
            checked(solved(Challenge(kind="proof_of_work", challenge=token, difficulty_bits=8)))

    def test_no_altered_challenge_is_accepted(self) -> None:
        """Above all none that is easier, or ends later."""
        challenge = new_challenge(now=NOW).challenge or ""
        altered = [challenge[:place] + "A" + challenge[place + 1 :] for place in range(len(challenge))]

        accepted = [text for text in altered if text != challenge and is_accepted(text)]

        assert len(altered) >= 60
        assert accepted == []

    def test_one_that_is_signed_for_another_purpose_is_refused(self, settings: Settings) -> None:
        payload = struct.pack(">16sIB", b"r" * 16, int(NOW.timestamp()) + 60, 8)

        assert is_accepted(sign(settings.VOTER_KEYS, "challenge/v1", payload))
        assert not is_accepted(sign(settings.VOTER_KEYS, "voter/v1", payload))


def is_accepted(challenge: str) -> bool:
    """With a nonce that would be good enough."""
    try:
        checked(solved(Challenge(kind="proof_of_work", challenge=challenge, difficulty_bits=8)))
    except ChallengeFailed:
        return False
    return True


SOLUTION = Solution(turnstile_token="token-of-the-widget")


class TestTurnstile:
    def test_the_widget_needs_the_site_key(self, cloudflare: Cloudflare) -> None:
        assert new_challenge(now=NOW) == Challenge(kind="turnstile", site_key="the-site")

    def test_a_success_is_a_person(self, cloudflare: Cloudflare) -> None:
        cloudflare.answer = says(SUCCESS)

        proof = checked(SOLUTION)

        assert proof.assurance == 2
        assert proof.key
        assert proof.expires_at == NOW + timedelta(days=1)
        [form] = cloudflare.forms
        assert len(form.pop("idempotency_key")) == 36
        assert form == {"secret": "the-secret", "response": "token-of-the-widget", "remoteip": "192.0.2.7"}

    def test_who_asks_again_asks_the_same(self, cloudflare: Cloudflare) -> None:
        cloudflare.answer = says(SUCCESS)

        proofs = [checked(SOLUTION), checked(SOLUTION), checked(Solution(turnstile_token="another"))]

        one, again, other = (form["idempotency_key"] for form in cloudflare.forms)
        assert one == again != other
        assert proofs[0] == proofs[1] != proofs[2]

    def test_without_an_address_none_is_told(self, cloudflare: Cloudflare) -> None:
        cloudflare.answer = says(SUCCESS)

        verify(SOLUTION, address=None, now=NOW)

        assert "remoteip" not in cloudflare.forms[0]

    def test_without_a_token_nobody_is_asked(self, cloudflare: Cloudflare) -> None:
        with pytest.raises(ChallengeRequired):
            checked(Solution(challenge="a", nonce="1"))

        assert cloudflare.forms == []

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param({"success": False, "error-codes": ["timeout-or-duplicate"]}, id="used or too old"),
            pytest.param({"success": False, "error-codes": ["invalid-input-response"]}, id="forged"),
            pytest.param({**SUCCESS, "hostname": "evil.example"}, id="shown on another site"),
            pytest.param({**SUCCESS, "hostname": "www.example.com.evil.example"}, id="a longer name"),
            pytest.param({**SUCCESS, "hostname": None}, id="no site"),
            pytest.param({**SUCCESS, "hostname": ["www.example.com"]}, id="a list of sites"),
            pytest.param({**SUCCESS, "action": "login"}, id="shown in another form"),
            pytest.param({"success": True}, id="nothing but success"),
        ],
    )
    def test_whatever_is_no_success_of_ours_fails(self, cloudflare: Cloudflare, answer: Any) -> None:
        cloudflare.answer = says(answer)

        with pytest.raises(ChallengeFailed):
            checked(SOLUTION)

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(says({"success": False, "error-codes": ["internal-error"]}), id="its own fault"),
            pytest.param(says({"success": False, "error-codes": ["invalid-input-secret"]}), id="our fault"),
            pytest.param(says({"success": False}), id="no reason"),
            pytest.param(says({"success": False, "error-codes": [{}]}), id="a strange reason"),
            pytest.param(says({"success": "true"}), id="a text for a truth"),
            pytest.param(says({}), id="an empty object"),
            pytest.param(says([SUCCESS]), id="a list"),
            pytest.param(says(b""), id="an empty body"),
            pytest.param(says(b"<html>busy</html>"), id="a page"),
            pytest.param(says(b"\xff\xfe\x00"), id="no text"),
            pytest.param(says(b"[" * 60_000), id="a deep hole"),
            pytest.param(says(b'{"success": true' + b" " * 70_000 + b"}"), id="too large"),
            pytest.param(says(SUCCESS, status=500), id="500"),
            pytest.param(says(SUCCESS, status=302), id="elsewhere"),
            pytest.param(lambda handler: handler.wfile.write(b"SSH-2.0\r\n\r\n"), id="not HTTP"),
            pytest.param(lambda handler: handler.connection.close(), id="hung up"),
        ],
    )
    def test_what_cannot_be_understood_lets_nobody_in(self, cloudflare: Cloudflare, answer: Any) -> None:
        cloudflare.answer = answer

        with pytest.raises(ChallengeUnavailable) as refusal:
            checked(SOLUTION)

        assert (refusal.value.status_code, refusal.value.headers) == (503, {"Retry-After": "5"})

    @pytest.mark.parametrize(
        "beginning",
        [
            pytest.param(b"", id="says nothing"),
            pytest.param(b"HTTP/1.0 200 OK\r\nX-Slow: ", id="says a byte of its headers now and then"),
            pytest.param(
                b"HTTP/1.0 200 OK\r\nContent-Length: 100000\r\n\r\n",
                id="says a byte of its body now and then",
            ),
        ],
    )
    def test_nobody_waits_longer_than_the_limit(self, cloudflare: Cloudflare, beginning: bytes) -> None:
        has_been_refused, has_ended = Event(), Event()

        def answer_without_end(handler: BaseHTTPRequestHandler) -> None:
            try:
                handler.wfile.write(beginning)
                while not has_been_refused.wait(0.01):
                    handler.wfile.write(b" " if beginning else b"")
            finally:
                has_ended.set()

        cloudflare.answer = answer_without_end
        turnstile = Turnstile(seconds=0.2)

        with pytest.raises(ChallengeUnavailable):
            turnstile.verify(SOLUTION, address=ADDRESS, now=NOW)

        # Only now does the server come to an end; so the limit was what ended the waiting.
        has_been_refused.set()
        assert has_ended.wait(30)

    def test_a_server_that_is_not_there_lets_nobody_in(
        self, cloudflare: Cloudflare, settings: Settings
    ) -> None:
        settings.TURNSTILE_URL = "http://127.0.0.1:1/siteverify"

        with pytest.raises(ChallengeUnavailable):
            checked(SOLUTION)

    def test_a_slow_server_holds_two_threads_and_no_more(self, cloudflare: Cloudflare) -> None:
        may_answer, both_are_asked = Event(), Barrier(3)

        def wait(handler: BaseHTTPRequestHandler) -> None:
            both_are_asked.wait(30)
            may_answer.wait(30)
            says(SUCCESS)(handler)

        cloudflare.answer = wait
        with ThreadPoolExecutor(2) as readers:
            waiting = [readers.submit(checked, SOLUTION) for _ in range(2)]
            both_are_asked.wait(30)

            with pytest.raises(ChallengeUnavailable):
                checked(SOLUTION)
            may_answer.set()
            proofs = [proof.result() for proof in waiting]

        cloudflare.answer = says(SUCCESS)
        assert [proof.assurance for proof in proofs] == [2, 2]
        assert checked(SOLUTION).assurance == 2


PROOF = Proof(assurance=1, key=b"k" * 32, expires_at=NOW + timedelta(minutes=10))


@pytest.mark.django_db
class TestSpending:
    def test_a_solution_buys_once(self) -> None:
        spend(PROOF)

        with pytest.raises(ChallengeSpent):
            spend(PROOF)

    def test_what_has_no_key_is_never_spent(self) -> None:
        spend(Proof(assurance=0))
        spend(Proof(assurance=0))

        assert not SpentChallenge.objects.exists()

    def test_what_was_not_bought_in_the_end_is_not_spent(self) -> None:
        with transaction.atomic():
            spend(PROOF)
            transaction.set_rollback(True)

        spend(PROOF)

    def test_it_is_remembered_until_it_would_be_too_old(self) -> None:
        spend(PROOF)

        assert purge_expired_challenges(NOW + timedelta(minutes=10, seconds=-1)) == 0
        assert purge_expired_challenges(NOW + timedelta(minutes=10)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_one_buys() -> None:
    def buy() -> None:
        with transaction.atomic():
            spend(PROOF)

    errors = [error for _ in range(7) for error in at_once(*[buy] * 8)]

    assert [error for error in errors if not isinstance(error, ChallengeSpent)] == [None]
