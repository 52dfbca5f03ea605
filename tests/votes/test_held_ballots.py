"""What was decided of a vote or pick holds: whatever its voter, staff or a shell do afterwards, and in which order."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.desk import act, open_desk
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory
from tests.votes.ballots.test_casting import ballot, networks, reader
from votes.ballots.casting import count_group
from votes.ballots.statements import VOTES
from votes.models import Pick, PickTally, Tally, Vote, Voter
from votes.tallies.recount import reconcile_tallies
from votes.voters.erasure import erase_voter, purge_expired
from votes.voters.tokens import ErasedVoter

pytestmark = pytest.mark.django_db

NUMBERS = {"ship", "skip", "first", "second", "pending", "quarantined", "rejected"}


@dataclass(frozen=True, slots=True)
class Case:
    """A reader with one vote or pick, over HTTP, and staff who moderate it in the admin."""

    model: type[Vote | Pick]
    tally: type[Tally | PickTally]
    address: str
    answers: tuple[dict[str, str], dict[str, str]]
    voter: APIClient
    desk: Client

    def do(self, step: str) -> None:
        match step:
            case "cast" | "change":
                body = self.answers[step == "change"]
                assert self.voter.put(self.address, body, format="json").status_code == 200
                # Moderation takes what was cast before the second in which it happens.
                self.model._default_manager.update(created_at=timezone.now() - timedelta(minutes=5))
            case "withdraw":
                assert self.voter.delete(self.address).status_code == 200
            case "delete in the admin":
                row = self.model._default_manager.get()
                for address in (f"{self.model._meta.model_name}/{row.pk}", f"voter/{row.voter_id}"):
                    page = f"/admin/votes/{address}/delete/"
                    assert self.desk.post(page, {"post": "yes", "why": "A mistake."}).status_code == 403
            case "delete in a shell":
                self.model._default_manager.all().delete()
            case _:
                self.moderate(step)

    def moderate(self, action: str) -> None:
        now = timezone.now()
        begins_at, ends_at = now - timedelta(hours=1), now + timedelta(hours=1)
        span = {"begins_at": f"{begins_at:%Y-%m-%dT%H:%M}", "ends_at": f"{ends_at:%Y-%m-%dT%H:%M}"}
        tools = Tool.objects.order_by("pk").values_list("pk", flat=True)
        target = "/".join(str(tool) for tool in (tools if self.model is Pick else tools.filter(slug="alpha")))
        page = f"/admin/votes/{self.tally._meta.model_name}/{target}/votes/"
        given = {"action": action, **span, "why": "A raid", "confirm": "yes"}
        assert self.desk.post(page, given).status_code == 302

    @property
    def counts(self) -> list[dict[str, object]]:
        """What is not zero, of each tally where anything is."""
        found = [
            {name: count for name, count in tally.items() if name in NUMBERS and count}
            for tally in self.tally._default_manager.values()
        ]
        return [counts for counts in found if counts]


@pytest.fixture(params=["vote", "pick"])
def case(request: pytest.FixtureRequest, voter: APIClient) -> Case:
    for slug in ("alpha", "beta"):
        ToolFactory(slug=slug)
    if request.param == "vote":
        answers = ({"value": "ship"}, {"value": "skip"})
        return Case(Vote, Tally, "/api/v1/tools/alpha/vote", answers, voter, open_desk())
    answers = ({"tool": "alpha"}, {"tool": "beta"})
    return Case(Pick, PickTally, "/api/v1/comparisons/alpha-vs-beta/pick", answers, voter, open_desk())


@pytest.mark.parametrize(
    "story",
    [
        "cast, quarantine, reject, withdraw, cast",
        "cast, quarantine, reject, change, withdraw, change",
        "cast, quarantine, withdraw, reject, cast",
        "cast, withdraw, quarantine, reject, cast",
        "cast, withdraw, quarantine, reject, change, withdraw, cast",
        "cast, quarantine, reject, delete in the admin, withdraw, cast",
        "cast, quarantine, reject, delete in a shell, cast",
        "cast, quarantine, delete in a shell, reject, cast",
        "cast, quarantine, reject, withdraw, delete in a shell, cast",
    ],
)
def test_a_rejected_ballot_never_counts_again(case: Case, story: str) -> None:
    for step in story.split(", "):
        case.do(step)

    row = case.model._default_manager.get()
    assert (row.status, row.reasons) == ("rejected", ["staff_quarantine", "staff_reject"])
    assert case.counts == [{"rejected": 1}]
    assert reconcile_tallies(now=NOW) == []


@pytest.mark.parametrize("status", ["pending", "quarantined", "rejected"])
def test_what_was_held_when_it_was_withdrawn_is_held_when_it_is_cast_again(case: Case, status: str) -> None:
    case.do("cast")
    case.model._default_manager.update(status=status, reasons=["burst"])

    case.do("withdraw")
    assert case.counts == []
    case.do("change")

    row = case.model._default_manager.get()
    assert (row.status, row.reasons) == (status, ["burst"])
    assert case.counts == [{status: 1}]


def test_what_counted_is_screened_anew_when_it_is_cast_again() -> None:
    tool = ToolFactory()
    crowd = [ballot(tool, by=by, network=networks()) for by in range(5)]
    count_group(VOTES, crowd)
    count_group(VOTES, [ballot(tool, None, by=by, network=networks()) for by in range(5)])
    count_group(VOTES, [ballot(tool, by=by, network=networks()) for by in range(5, 10)])

    count_group(VOTES, crowd)

    assert (tool.tally.ship, tool.tally.pending) == (5, 5)
    assert Vote.objects.filter(status="pending", reasons=["origin_quota"]).count() == 5


def test_on_another_day_and_from_another_network_it_is_screened_as_of_then() -> None:
    tool = ToolFactory()
    count_group(VOTES, [ballot(tool, by=1, network=networks(1))])
    count_group(VOTES, [ballot(tool, None, by=1, network=networks(1))])
    count_group(VOTES, [ballot(tool, by=by, network=networks(2)) for by in range(2, 7)])

    count_group(VOTES, [ballot(tool, by=1, network=networks(2), at=NOW + timedelta(hours=2))])

    row = Vote.objects.get(voter__key=reader(1).key)
    assert (row.status, row.created_at) == ("pending", NOW + timedelta(hours=2))
    assert bytes(row.network_hash or b"") == networks(2).network


def test_a_thousand_rejected_voters_who_withdraw_and_one_who_does_so_a_hundred_times_change_nothing(
    settings: Settings,
) -> None:
    settings.VOTE_LIMITS = ((1_000_000, 60),)
    tool = ToolFactory()
    count_group(VOTES, [ballot(tool, by=by) for by in range(1_000)])
    Vote.objects.update(status="rejected", reasons=["staff_reject"])

    count_group(VOTES, [ballot(tool, None, by=by) for by in range(1_000)])
    count_group(VOTES, [ballot(tool, "skip", by=by) for by in range(1_000)])
    for value in ("ship", None) * 100:
        count_group(VOTES, [ballot(tool, value, by=0)])

    assert set(Vote.objects.values_list("status", flat=True)) == {"rejected"}
    assert (Vote.objects.count(), tool.tally.ship, tool.tally.skip, tool.tally.rejected) == (1_000, 0, 0, 999)


def test_a_withdrawn_ballot_looks_the_same_to_its_voter_whatever_was_decided(case: Case) -> None:
    case.do("cast")
    case.do("withdraw")
    kept = case.voter.get("/api/v1/voters/me").json()

    answers = []
    for status in ("counted", "pending", "quarantined", "rejected"):
        case.model._default_manager.update(status=status)
        assert case.voter.get("/api/v1/voters/me").json() == kept
        answers += [case.voter.get(case.address).json(), case.voter.delete(case.address).json()]

    assert answers == answers[:1] * 8
    assert (answers[0]["created_at"], answers[0]["updated_at"]) == (None, None)
    assert [(row.get("value"), row.get("tool")) for row in kept["picks"]] in ([], [(None, None)])
    assert [row["value"] for row in kept["votes"]] in ([], [None])
    for path in ("votes", "picks"):
        assert case.voter.get(f"/api/v1/voters/me/{path}").json()["results"] == []


class TestErasure:
    @pytest.mark.parametrize(
        "steps", [["cast"], ["cast", "quarantine", "reject"]], ids=["counted", "rejected"]
    )
    def test_nothing_is_left_but_a_key_and_the_token_casts_nothing_more(
        self, case: Case, steps: list[str]
    ) -> None:
        for step in steps:
            case.do(step)

        assert case.voter.delete("/api/v1/voters/me").status_code == 204

        left = Voter.objects.get()
        assert (left.created_at, left.assurance) == (left.erased_at, 0)
        # What was set aside says nothing, and goes on using its quotas for a day.
        rows = case.model._default_manager
        assert (rows.count(), rows.standing().count()) == (len(steps) > 1, 0)
        purge_expired(now=timezone.now() + timedelta(days=1))
        assert not rows.exists()
        assert case.counts == []
        answer = case.voter.put(case.address, case.answers[0], format="json")
        assert (answer.status_code, answer.json()["code"]) == (401, "erased_voter")

    def test_staff_erase_a_voter_and_the_token_is_refused(self, case: Case) -> None:
        for step in ("cast", "quarantine", "reject"):
            case.do(step)

        told = act(case.desk, "/admin/votes/voter/", "erase", list(Voter.objects.all()))

        assert told[-1] == "1 voter erased."

        assert case.voter.put(case.address, case.answers[0], format="json").status_code == 401
        assert not case.model._default_manager.standing().exists()

    def test_who_is_erased_twice_is_erased(self) -> None:
        for _ in range(2):
            erase_voter(token=reader(), now=NOW)

        assert [type(outcome) for outcome in count_group(VOTES, [ballot(ToolFactory())])] == [ErasedVoter]

    @pytest.mark.parametrize(
        "statement",
        [
            pytest.param(lambda voter: Voter.objects.filter(pk=voter.pk).delete(), id="delete"),
            pytest.param(lambda voter: Voter.objects.update(erased_at=None), id="take back"),
            pytest.param(lambda voter: Voter.objects.update(key=b"another"), id="another key"),
            pytest.param(lambda voter: VoteFactory(voter=voter), id="vote"),
            pytest.param(lambda voter: PickFactory(voter=voter), id="pick"),
        ],
    )
    def test_no_statement_lets_an_erased_voter_come_back(self, statement: object) -> None:
        erase_voter(token=reader(), now=NOW)
        voter = Voter.objects.get()
        assert callable(statement)

        with pytest.raises(IntegrityError), transaction.atomic():
            statement(voter)

        assert Voter.objects.get().erased_at == NOW


class TestStatements:
    @pytest.mark.parametrize("make", [VoteFactory, PickFactory])
    @pytest.mark.parametrize("status", ["counted", "pending", "quarantined"])
    def test_no_statement_takes_a_rejected_ballot_back(
        self, make: type[VoteFactory | PickFactory], status: str
    ) -> None:
        row = make(status="rejected")

        with pytest.raises(IntegrityError, match="rejected"), transaction.atomic():
            type(row)._default_manager.update(status=status)

        row.refresh_from_db()
        assert row.status == "rejected"

    @pytest.mark.parametrize("make", [VoteFactory, PickFactory])
    def test_no_statement_casts_again_and_lets_count_at_once(
        self, make: type[VoteFactory | PickFactory]
    ) -> None:
        row = make(status="pending")
        rows, answer = type(row)._default_manager, {row.ANSWER: getattr(row, row.ANSWER)}
        rows.update(**{row.ANSWER: None})

        with pytest.raises(IntegrityError, match="keeps what was decided"), transaction.atomic():
            rows.update(**answer, status="counted")

    @pytest.mark.parametrize("make", [VoteFactory, PickFactory])
    def test_a_ballot_can_be_given_to_no_other_voter(self, make: type[VoteFactory | PickFactory]) -> None:
        row, other = make(), make()

        with pytest.raises(IntegrityError, match="stays with its voter"), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(voter=other.voter)
