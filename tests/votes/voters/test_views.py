"""Becoming a voter over HTTP: bodies, refusals, quotas, repeats, and many at once."""

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend.api import clients
from backend.api.models import IdempotentAnswer, RateCounter
from catalog.models import Tool
from tests.database import at_once, move_moment
from tests.factories import ToolFactory, vote
from tests.plans import plan_of_list
from tests.votes.voters.turnstile import SUCCESS, Cloudflare, says
from votes.models import SpentChallenge, Voter
from votes.voters.tokens import read_token

VOTERS = "/api/v1/voters"
CHALLENGES = "/api/v1/voters/challenges"
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_salt_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_kept", {})


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def work(settings: Settings) -> None:
    settings.VOTER_CHALLENGE = "proof_of_work"
    settings.PROOF_OF_WORK_BITS = 4


def post(api: APIClient, body: Any, *, address: str = "192.0.2.7", to: str = VOTERS, **headers: str) -> Any:
    return api.post(to, body, format="json", REMOTE_ADDR=address, headers=headers)


def solution(api: APIClient, *, address: str = "192.0.2.7") -> dict[str, str]:
    challenge = post(api, {}, to=CHALLENGES, address=address).json()
    for nonce in map(str, itertools.count()):
        digest = sha256(f"{challenge['challenge']}:{nonce}".encode()).digest()
        if digest[0] >> (8 - challenge["difficulty_bits"]) == 0:
            return {"challenge": challenge["challenge"], "nonce": nonce}
    raise AssertionError


def refused(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.json()["code"]


class TestToken:
    @pytest.mark.usefixtures("clock")
    def test_a_reader_becomes_a_voter_with_an_empty_object(self, api: APIClient) -> None:
        response = post(api, {})

        answer = response.json()
        voter = read_token(answer.pop("token"), now=NOW)
        assert response.status_code == 201
        assert response["Cache-Control"] == "private, no-store"
        assert answer == {"expires_at": "2027-05-01T09:30:00Z", "assurance": 0}
        assert voter.issued_at == NOW

    def test_nothing_of_it_is_kept(self, api: APIClient) -> None:
        token = post(api, {}, **{"Idempotency-Key": "0b0d4a5e-41d1-4c5a-9a93-0a2b1f0d7f3e"}).json()["token"]

        assert not Voter.objects.exists()
        [kept] = IdempotentAnswer.objects.all()
        assert token.encode() not in bytes(kept.encrypted or b"")

    @pytest.mark.usefixtures("work")
    def test_work_gives_a_token_of_its_class(self, api: APIClient) -> None:
        response = post(api, solution(api))

        assert (response.status_code, response.json()["assurance"]) == (201, 1)

    @pytest.mark.usefixtures("clock")
    def test_it_costs_a_count_before_and_one_with_the_token(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        post(api, {})
        clients._keep(NOW.date(), b"s" * 32)

        # The attempt; the transaction's begin, the quotas, its end.
        with django_assert_num_queries(4):
            post(api, {})

    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
    def test_there_is_nothing_to_read_or_change(self, api: APIClient, method: str) -> None:
        assert refused(getattr(api, method)(VOTERS)) == (405, "method_not_allowed")

    def test_options_say_what_is_answered(self, api: APIClient) -> None:
        response = api.options(VOTERS)

        assert (response.status_code, response["Allow"]) == (204, "POST, OPTIONS")


class TestBody:
    @pytest.mark.parametrize(
        ("body", "pointers"),
        [
            pytest.param({"color": "red"}, ["/color"], id="an unknown property"),
            pytest.param({"challenge": 1, "nonce": 2}, ["/challenge", "/nonce"], id="numbers"),
            pytest.param({"challenge": None}, ["/challenge"], id="null"),
            pytest.param({"nonce": ["1"]}, ["/nonce"], id="a list"),
            pytest.param({"nonce": "-1"}, ["/nonce"], id="a sign"),
            pytest.param({"nonce": "١"}, ["/nonce"], id="a digit of another script"),
            pytest.param({"nonce": "1\n"}, ["/nonce"], id="a line break"),
            pytest.param({"nonce": " 1"}, ["/nonce"], id="a space"),
            pytest.param({"nonce": "1" * 21}, ["/nonce"], id="a long number"),
            pytest.param({"challenge": "x" * 201}, ["/challenge"], id="a long challenge"),
            pytest.param({"turnstile_token": "x" * 2_049}, ["/turnstile_token"], id="a long token"),
            pytest.param({"turnstile_token": ""}, ["/turnstile_token"], id="an empty text"),
            pytest.param([], [""], id="no object"),
            pytest.param("text", [""], id="a text"),
        ],
    )
    def test_what_is_not_documented_is_refused(self, api: APIClient, body: Any, pointers: list[str]) -> None:
        response = post(api, body)

        assert refused(response) == (400, "validation_error")
        assert [error["pointer"] for error in response.json()["errors"]] == pointers
        assert "RateLimit" in response

    def test_a_challenge_takes_an_empty_object(self, api: APIClient) -> None:
        assert refused(post(api, {"kind": "none"}, to=CHALLENGES)) == (400, "validation_error")

    @pytest.mark.parametrize("to", [VOTERS, CHALLENGES])
    def test_what_is_no_json_is_refused(self, api: APIClient, to: str) -> None:
        broken = api.post(to, "{", content_type="application/json")
        form = api.post(to, "a=b", content_type="application/x-www-form-urlencoded")

        assert refused(broken) == (400, "parse_error")
        assert refused(form) == (415, "unsupported_media_type")
        assert all("RateLimit" in response for response in (broken, form))


class TestChallenge:
    def test_where_none_is_asked_for_all_else_is_null(self, api: APIClient) -> None:
        response = post(api, {}, to=CHALLENGES)

        assert response.status_code == 201
        assert response["Cache-Control"] == "private, no-store"
        assert response.json() == {
            "kind": "none",
            "challenge": None,
            "difficulty_bits": None,
            "site_key": None,
            "expires_at": None,
        }

    @pytest.mark.usefixtures("clock", "work")
    def test_work_says_how_hard_it_is_and_until_when(self, api: APIClient) -> None:
        answer = post(api, {}, to=CHALLENGES).json()

        assert answer.pop("challenge").startswith("v1.")
        assert answer == {
            "kind": "proof_of_work",
            "difficulty_bits": 4,
            "site_key": None,
            "expires_at": "2026-11-02T09:40:00Z",
        }

    def test_turnstile_gives_its_site_key(self, api: APIClient, settings: Settings) -> None:
        settings.VOTER_CHALLENGE, settings.TURNSTILE_SITE_KEY = "turnstile", "the-site"

        answer = post(api, {}, to=CHALLENGES).json()

        assert (answer["kind"], answer["site_key"], answer["challenge"]) == ("turnstile", "the-site", None)

    @pytest.mark.usefixtures("work")
    def test_without_a_solution_there_is_no_token(self, api: APIClient) -> None:
        assert refused(post(api, {})) == (403, "challenge_required")

    @pytest.mark.usefixtures("work")
    def test_a_wrong_solution_gives_none(self, api: APIClient) -> None:
        forged = {"challenge": "v1.first.AAAA.AAAA", "nonce": "1"}

        assert refused(post(api, forged)) == (403, "challenge_failed")

    @pytest.mark.usefixtures("work")
    def test_a_solution_gives_one(self, api: APIClient) -> None:
        solved = solution(api)
        post(api, solved)

        assert refused(post(api, solved)) == (403, "challenge_spent")

    def test_while_it_cannot_be_verified_nobody_gets_one(self, api: APIClient, settings: Settings) -> None:
        settings.VOTER_CHALLENGE = "turnstile"
        settings.TURNSTILE_URL = "http://127.0.0.1:1/siteverify"

        response = post(api, {"turnstile_token": "token"})

        assert refused(response) == (503, "challenge_unavailable")
        assert response["Retry-After"] == "5"
        assert "RateLimit" in response


@pytest.mark.usefixtures("clock")
class TestQuota:
    def test_a_prefix_gets_five_a_minute(self, api: APIClient) -> None:
        statuses = [post(api, {}).status_code for _ in range(5)]
        refusal = post(api, {})

        assert statuses == [201] * 5
        assert refused(refusal) == (429, "throttled")
        assert refusal["Retry-After"] == "60"
        assert '"voters-60s";r=0;t=60' in refusal["RateLimit"]

    def test_thirty_a_day(self, api: APIClient, clock: time_machine.Traveller) -> None:
        statuses: Counter[int] = Counter()
        for _ in range(12):
            statuses.update(post(api, {}).status_code for _ in range(5))
            clock.shift(timedelta(minutes=1))

        assert statuses == {201: 30, 429: 30}

    def test_every_answer_says_what_is_left(self, api: APIClient) -> None:
        post(api, {})

        response = post(api, {})

        assert response["RateLimit-Policy"] == (
            '"voter-attempts-60s";q=120;w=60, "voters-60s";q=5;w=60, "voters-86400s";q=30;w=86400, '
            '"voters-of-network-86400s";q=200;w=86400'
        )
        assert response["RateLimit"] == (
            '"voter-attempts-60s";r=118;t=60, "voters-60s";r=3;t=60, "voters-86400s";r=28;t=86400, '
            '"voters-of-network-86400s";r=198;t=86400'
        )

    @pytest.mark.usefixtures("clock")
    def test_a_request_that_takes_no_json_is_refused_without_being_counted(self, api: APIClient) -> None:
        refusal = post(api, {}, accept="text/html")

        assert refused(refusal) == (406, "not_acceptable")
        assert "RateLimit" not in refusal
        assert not RateCounter.objects.exists()

    def test_the_addresses_of_a_64_are_one(self, api: APIClient) -> None:
        statuses = [post(api, {}, address=f"2001:db8:1:2::{host:x}").status_code for host in range(10)]
        beside = post(api, {}, address="2001:db8:1:3::1").status_code

        assert statuses == [201] * 5 + [429] * 5
        assert beside == 201

    def test_a_network_gets_two_hundred_a_day_however_many_prefixes_it_has(self, api: APIClient) -> None:
        statuses = Counter(
            post(api, {}, address=f"198.51.100.{host}").status_code for host in range(60) for _ in range(5)
        )
        refusal = post(api, {}, address="198.51.100.200")
        beside = post(api, {}, address="198.51.101.200")

        assert statuses == {201: 200, 429: 100}
        assert '"voters-of-network-86400s";r=0' in refusal["RateLimit"]
        assert beside.status_code == 201

    def test_no_header_makes_another_place(self, api: APIClient) -> None:
        names = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X_Forwarded_For", "ClientAddress"]

        statuses = [
            post(api, {}, **{name: f"203.0.113.{host}"}).status_code for host in range(4) for name in names
        ]

        assert statuses == [201] * 5 + [429] * 15

    @pytest.mark.usefixtures("work")
    def test_garbage_and_replays_take_nothing_from_those_beside(self, api: APIClient) -> None:
        solved = solution(api)
        post(api, solved)
        for _ in range(20):
            post(api, solved)
            post(api, {"challenge": "v1.first.AAAA.AAAA", "nonce": "1"})
            post(api, {})

        statuses = [post(api, solution(api)).status_code for _ in range(5)]

        assert statuses == [201] * 4 + [429]

    @pytest.mark.usefixtures("work")
    def test_who_is_refused_keeps_the_solution(self, api: APIClient, clock: time_machine.Traveller) -> None:
        for _ in range(5):
            post(api, solution(api))
        solved = solution(api)

        refusal = post(api, solved)
        spent = SpentChallenge.objects.count()
        clock.shift(timedelta(minutes=1))

        assert refused(refusal) == (429, "throttled")
        assert spent == 5
        assert post(api, solved).status_code == 201

    def test_a_prefix_that_is_refused_takes_nothing_from_its_network(self, api: APIClient) -> None:
        for _ in range(50):
            post(api, {}, address="198.51.100.1")

        left = post(api, {}, address="198.51.100.2")["RateLimit"]

        assert '"voters-of-network-86400s";r=194' in left

    def test_attempts_are_bounded_too(self, api: APIClient) -> None:
        statuses = Counter(post(api, "nonsense").status_code for _ in range(130))

        refusal = post(api, {}, to=CHALLENGES)

        assert statuses == {400: 120, 429: 10}
        assert refused(refusal) == (429, "throttled")
        assert refusal["RateLimit"] == '"voter-attempts-60s";r=0;t=60'

    def test_people_get_more(self, api: APIClient, cloudflare: Cloudflare) -> None:
        cloudflare.answer = says(SUCCESS)

        statuses = Counter(post(api, {"turnstile_token": f"token-{n}"}).status_code for n in range(61))

        assert statuses == {201: 60, 429: 1}

    def test_no_address_is_at_rest(self, api: APIClient) -> None:
        post(api, {}, address="203.0.113.99")

        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(c::text, ' ') FROM api_ratecounter c")
            [kept] = cursor.fetchone()
        assert RateCounter.objects.count() == 4
        assert "203.0.113.99" not in kept
        assert bytes([203, 0, 113, 99]).hex() not in kept


class TestRepeats:
    KEY = "0b0d4a5e-41d1-4c5a-9a93-0a2b1f0d7f3e"

    @pytest.mark.parametrize("to", [VOTERS, CHALLENGES])
    @pytest.mark.usefixtures("work")
    def test_a_repeat_gets_the_first_answer(self, api: APIClient, to: str) -> None:
        body = solution(api) if to == VOTERS else {}

        first, again = (post(api, body, to=to, **{"Idempotency-Key": self.KEY}) for _ in range(2))

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert again["Idempotency-Replayed"] == "true"
        assert again["Cache-Control"] == "private, no-store"
        assert "RateLimit" in again

    def test_a_key_that_somebody_else_thought_of_too_gives_another_token(self, api: APIClient) -> None:
        mine, yours = (
            post(api, {}, address=address, **{"Idempotency-Key": "1"})
            for address in ("192.0.2.7", "192.0.2.8")
        )

        assert (mine.status_code, yours.status_code) == (201, 201)
        assert mine.json()["token"] != yours.json()["token"]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_hundred_requests_get_five_tokens(self) -> None:
        statuses: list[int] = []

        def become_voter() -> None:
            statuses.append(post(APIClient(), {}).status_code)

        errors = [error for _ in range(25) for error in at_once(*[become_voter] * 8)]

        assert errors == [None] * 200
        # 120 come as far as the quota of five; the others are one attempt too many.
        assert Counter(statuses) == {201: 5, 429: 195}

    @pytest.mark.usefixtures("work")
    def test_fifty_with_one_solution_get_one_token(self) -> None:
        solved = solution(APIClient())
        answers: list[tuple[int, str | None]] = []

        def spend_it() -> None:
            response = post(APIClient(), solved)
            answers.append((response.status_code, response.json().get("code")))

        errors = [error for _ in range(7) for error in at_once(*[spend_it] * 8)]

        assert errors == [None] * 56
        assert Counter(answers) == {(201, None): 1, (403, "challenge_spent"): 55}


# --- A voter's own votes -----------------------------------------------------------------------


def test_own_votes_are_listed_in_one_query(
    voter: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for slug in ("alpha", "beta", "gamma"):
        ToolFactory(slug=slug, name=slug.title())
        voter.put(f"/api/v1/tools/{slug}/vote", {"value": "ship"}, format="json")
    vote(ToolFactory(), ship=3)

    with django_assert_num_queries(1):
        answer = voter.get("/api/v1/voters/me/votes?limit=2").json()

    assert [row["tool"]["slug"] for row in answer["results"]] == ["gamma", "beta"]
    assert answer["results"][0].keys() == {"tool", "value", "created_at", "updated_at", "revision"}
    rest = voter.get(answer["next"]).json()
    assert [row["tool"]["slug"] for row in rest["results"]] == ["alpha"]


@pytest.mark.parametrize(
    ("query", "votes", "picks"),
    [
        pytest.param("tool=alpha", ["alpha"], ["alpha-vs-beta"], id="one tool"),
        pytest.param(
            "tool=beta,old", ["gamma", "beta"], ["beta-vs-gamma", "alpha-vs-beta"], id="two, one renamed"
        ),
        pytest.param(
            "tool=alpha&tool=gamma", ["gamma", "alpha"], ["beta-vs-gamma", "alpha-vs-beta"], id="repeated"
        ),
        pytest.param("tool=delta", [], [], id="one without votes"),
    ],
)
def test_own_votes_and_picks_are_narrowed_to_the_tools_of_a_page(
    voter: APIClient, query: str, votes: list[str], picks: list[str]
) -> None:
    for slug in ("alpha", "beta", "old"):
        ToolFactory(slug=slug)
        voter.put(f"/api/v1/tools/{slug}/vote", {"value": "ship"}, format="json")
    ToolFactory(slug="delta")
    Tool.objects.filter(slug="old").update(slug="gamma")
    for pair, tool in (("alpha-vs-beta", "beta"), ("beta-vs-gamma", "beta")):
        voter.put(f"/api/v1/comparisons/{pair}/pick", {"tool": tool}, format="json")

    own_votes = voter.get(f"/api/v1/voters/me/votes?{query}").json()["results"]
    own_picks = voter.get(f"/api/v1/voters/me/picks?{query}").json()["results"]

    assert [row["tool"]["slug"] for row in own_votes] == votes
    assert ["-vs-".join(tool["slug"] for tool in row["tools"]) for row in own_picks] == picks


def test_own_votes_on_a_tool_are_found_among_the_voters_and_not_among_the_tools(voter: APIClient) -> None:
    tool = ToolFactory(slug="alpha")
    voter.put("/api/v1/tools/alpha/vote", {"value": "ship"}, format="json")
    vote(tool, ship=3)

    plan = plan_of_list(voter, "/api/v1/voters/me/votes?tool=alpha", index="one_vote_per_voter_and_tool")

    assert "Index Scan using one_vote_per_voter_and_tool" in plan


@pytest.mark.parametrize("path", ["votes", "picks"])
def test_own_lists_refuse_tools_that_nobody_has(voter: APIClient, path: str) -> None:
    answer = voter.get(f"/api/v1/voters/me/{path}?tool=nobody")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/tool")


def test_own_picks_are_listed_with_their_pairs(
    voter: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for slug in ("zebra", "aardvark"):
        ToolFactory(slug=slug, name=slug.title())
    voter.put("/api/v1/comparisons/aardvark-vs-zebra/pick", {"tool": "zebra"}, format="json")

    with django_assert_num_queries(1):
        [pick] = voter.get("/api/v1/voters/me/picks").json()["results"]

    assert [tool["slug"] for tool in pick["tools"]] == ["aardvark", "zebra"]
    assert pick["tool"] == {"slug": "zebra", "name": "Zebra", "status": "published"}


@pytest.mark.parametrize("path", ["", "/votes", "/picks"])
def test_the_new_name_of_a_draft_is_never_shown_to_those_who_voted_before(
    voter: APIClient, path: str
) -> None:
    for slug in ("alpha", "beta", "gamma"):
        ToolFactory(slug=slug)
        voter.put(f"/api/v1/tools/{slug}/vote", {"value": "ship"}, format="json")
    voter.put("/api/v1/comparisons/alpha-vs-beta/pick", {"tool": "beta"}, format="json")
    voter.put("/api/v1/comparisons/beta-vs-gamma/pick", {"tool": "beta"}, format="json")

    # As an older release left it: nothing becomes a draft again now.
    move_moment(Tool.objects.get(slug="alpha"), "NULL")
    Tool.objects.filter(slug="alpha").update(status="draft", slug="secret", name="Secret")
    Tool.objects.filter(slug="gamma").update(status="archived")
    answer = voter.get(f"/api/v1/voters/me{path}")

    assert "ecret" not in answer.content.decode()
    rows = answer.json()
    kinds = [rows["votes"], rows["picks"]] if not path else [rows["results"]]
    expected = {"": [2, 1], "/votes": [2], "/picks": [1]}
    assert [len(kind) for kind in kinds] == expected[path]


@pytest.mark.parametrize("path", ["", "/votes", "/picks"])
def test_a_voters_lists_need_a_token_that_was_not_erased(api: APIClient, voter: APIClient, path: str) -> None:
    assert api.get(f"/api/v1/voters/me{path}").json()["code"] == "not_authenticated"

    voter.delete("/api/v1/voters/me")

    assert voter.get(f"/api/v1/voters/me{path}").json()["code"] == "erased_voter"
