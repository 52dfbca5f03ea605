"""A voter's vote on a tool, from the address to the answer."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.factories import ToolFactory
from tests.votes.conftest import new_voter
from votes.models import Vote

pytestmark = pytest.mark.django_db

VOTE = "/api/v1/tools/alpha/vote"


def test_a_vote_is_put_read_changed_and_deleted(voter: APIClient, tool: Tool) -> None:
    assert voter.get(VOTE).json()["value"] is None

    put = voter.put(VOTE, {"value": "ship"}, format="json")

    assert put.status_code == 200
    assert put.json().keys() == {"value", "created_at", "updated_at", "revision", "tally"}
    assert (put.json()["value"], put.json()["tally"]["total"]) == ("ship", 0)
    assert put.json()["created_at"] == put.json()["updated_at"]
    assert voter.get(VOTE).json() == put.json()

    changed = voter.put(VOTE, {"value": "skip"}, format="json").json()
    assert (changed["value"], changed["created_at"]) == ("skip", put.json()["created_at"])
    assert changed["updated_at"] > changed["created_at"]

    withdrawn = voter.delete(VOTE)
    assert (withdrawn.status_code, withdrawn.json()) == (200, voter.get(VOTE).json())
    assert (withdrawn.json()["value"], withdrawn.json()["created_at"]) == (None, None)
    assert [each["revision"] for each in (put.json(), changed, withdrawn.json())] == [1, 2, 3]
    assert not Vote.objects.standing().exists()


def test_answers_to_voters_are_nobody_elses(voter: APIClient, tool: Tool) -> None:
    answers = [voter.get(VOTE), voter.put(VOTE, {"value": "ship"}, format="json"), voter.delete(VOTE)]
    answers += [voter.get(f"/api/v1/voters/me{path}") for path in ("", "/votes", "/picks")]

    assert {answer["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert not any("ETag" in answer for answer in answers)


def test_casting_says_how_many_more_may_be_cast(voter: APIClient, tool: Tool) -> None:
    answer = voter.put(VOTE, {"value": "ship"}, format="json")

    assert answer["RateLimit-Policy"] == '"votes-60s";q=30;w=60, "votes-86400s";q=200;w=86400'
    assert answer["RateLimit"] == '"votes-60s";r=29;t=60, "votes-86400s";r=199;t=86400'


def test_who_casts_too_often_is_told_when_to_come_again(voter: APIClient, tool: Tool) -> None:
    answers = [voter.delete(VOTE) for _ in range(31)]

    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    refusal = answers[-1]
    assert refusal.json()["code"] == "throttled"
    assert 0 < int(refusal["Retry-After"]) <= 60
    assert refusal["RateLimit"].startswith('"votes-60s";r=0;')


@pytest.mark.parametrize("method", ["get", "put", "delete"])
class TestEachMethod:
    def call(self, client: APIClient, method: str, path: str = VOTE) -> Any:
        sent = {"data": {"value": "ship"}, "format": "json"} if method == "put" else {}
        return getattr(client, method)(path, **sent)

    @pytest.mark.parametrize(
        ("authorization", "code"),
        [
            pytest.param(None, "not_authenticated", id="none"),
            pytest.param("Bearer x", "wrong_scheme", id="another scheme"),
            pytest.param("Voter v1.first.x.y", "invalid_voter_token", id="made up"),
            pytest.param("Voter " + "x" * 9_000, "invalid_voter_token", id="huge"),
        ],
    )
    def test_a_voter_without_a_good_token_is_refused(
        self, api: APIClient, tool: Tool, method: str, authorization: str | None, code: str
    ) -> None:
        api.credentials(**({"HTTP_AUTHORIZATION": authorization} if authorization else {}))

        answer = self.call(api, method)

        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer["WWW-Authenticate"] == "Voter"
        assert not Vote.objects.exists()

    def test_an_erased_voter_is_refused(self, voter: APIClient, tool: Tool, method: str) -> None:
        voter.put(VOTE, {"value": "ship"}, format="json")
        assert voter.delete("/api/v1/voters/me").status_code == 204

        answer = self.call(voter, method)

        assert (answer.status_code, answer.json()["code"]) == (401, "erased_voter")
        assert not Vote.objects.exists()

    def test_an_earlier_slug_leads_to_the_same_vote(self, voter: APIClient, tool: Tool, method: str) -> None:
        Tool.objects.filter(pk=tool.pk).update(slug="beta")

        answer = self.call(voter, method)

        assert (answer.status_code, answer["Location"]) == (308, "/api/v1/tools/beta/vote")

    @pytest.mark.parametrize("slug", ["nobody", "draft"])
    def test_what_nobody_may_read_is_not_found(self, voter: APIClient, method: str, slug: str) -> None:
        ToolFactory(slug="draft", status="draft", published_at=None)

        answer = self.call(voter, method, f"/api/v1/tools/{slug}/vote")

        assert (answer.status_code, answer.json()["code"]) == (404, "tool_not_found")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        pytest.param("{}", "/value", "required", id="missing"),
        pytest.param('{"value": null}', "/value", "null", id="null"),
        pytest.param('{"value": "maybe"}', "/value", "invalid_choice", id="unknown"),
        pytest.param('{"value": ["ship"]}', "/value", "invalid_choice", id="list"),
        pytest.param('{"value": true}', "/value", "invalid_choice", id="boolean"),
        pytest.param('{"value": "ship", "weight": 9}', "/weight", "unknown_property", id="more"),
        pytest.param("[]", "", "invalid", id="no object"),
        pytest.param('"ship"', "", "invalid", id="text"),
    ],
)
def test_a_wrong_body_is_refused_and_named(
    voter: APIClient, tool: Tool, body: str, pointer: str, code: str
) -> None:
    answer = voter.put(VOTE, body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert "RateLimit" not in answer
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [(pointer, code)]
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "refusal"),
    [
        pytest.param(b"{", "application/json", (400, "parse_error"), id="broken"),
        pytest.param(b"", "application/json", (400, "parse_error"), id="empty"),
        pytest.param(b"\xff\xfe", "application/json", (400, "parse_error"), id="no UTF-8"),
        pytest.param(b"[" * 60_000, "application/json", (400, "parse_error"), id="deep"),
        pytest.param(b'{"value": "ship"}', "text/plain", (415, "unsupported_media_type"), id="another type"),
        pytest.param(b" " * 70_000, "application/json", (413, "content_too_large"), id="large"),
    ],
)
def test_what_is_no_json_is_refused(
    voter: APIClient, tool: Tool, body: bytes, content_type: str, refusal: tuple[int, str]
) -> None:
    answer: Any = voter.generic("PUT", VOTE, body, content_type=content_type)  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["code"]) == refusal
    assert not Vote.objects.exists()


def test_an_archived_tool_takes_no_votes_and_says_why(voter: APIClient, tool: Tool) -> None:
    Tool.objects.update(status="archived")

    answer = voter.put(VOTE, {"value": "ship"}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "tool_archived")
    assert "archived" in answer.json()["detail"]
    assert voter.delete(VOTE).status_code == 200


def test_a_refusal_that_was_counted_says_what_is_left(voter: APIClient, tool: Tool) -> None:
    archived = ToolFactory(slug="archived", status="archived")
    Tool.objects.filter(pk=tool.pk).update(slug="beta")

    addresses = ["/api/v1/tools/nobody/vote", VOTE, f"/api/v1/tools/{archived.slug}/vote"]
    answers = [voter.put(address, {"value": "ship"}, format="json") for address in addresses]

    assert [answer.status_code for answer in answers] == [404, 308, 409]
    assert [answer["RateLimit"][:16] for answer in answers] == [
        f'"votes-60s";r={left}' for left in (29, 28, 27)
    ]
    assert answers[1]["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", [VOTE, "/api/v1/voters/me"])
def test_a_parameter_that_nobody_reads_is_refused(voter: APIClient, tool: Tool, path: str) -> None:
    answer = voter.get(f"{path}?value=ship")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/value")


def test_another_method_is_refused_as_everywhere(voter: APIClient, tool: Tool) -> None:
    answer = voter.post(VOTE, {"value": "ship"}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, PUT, DELETE, HEAD, OPTIONS"
    assert voter.options(VOTE).status_code == 204


def test_a_vote_that_waits_is_answered_like_one_that_counts(tool: Tool) -> None:
    """Six voters of one place: the last one waits, and cannot tell."""
    answers = []
    for _ in range(6):
        answers.append(new_voter().put(VOTE, {"value": "ship"}, format="json"))

    assert list(Vote.objects.order_by("id").values_list("status", flat=True)) == ["counted"] * 5 + ["pending"]
    bodies = [{**answer.json(), "created_at": None, "updated_at": None} for answer in answers]
    assert bodies == [bodies[0]] * 6
    headers = [{**answer.headers, "X-Request-ID": None} for answer in answers]
    assert [each.keys() for each in headers] == [headers[0].keys()] * 6
