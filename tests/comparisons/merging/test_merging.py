"""What one tool takes over from another, what it leaves, and that all of it comes back."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import count

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from backend.admin.errors import CurationError
from backend.api.clients import NetworkHashes
from catalog.models import Tool, ToolAlias
from comparisons.merging.merging import MergeReport, merge_tools, undo_merge
from comparisons.models import Comparison, ToolMerge
from reviews.models import HeadToHead, Review
from tests.database import at_once, broken_constraint
from tests.factories import (
    AHEAD,
    NOW,
    ComparisonFactory,
    HeadToHeadFactory,
    PickFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    VoteFactory,
    VoterFactory,
)
from tests.votes.conftest import new_voter
from votes.ballots.casting import UnknownToolOrPair, cast_vote
from votes.models import Pick, PickTally, Tally, Vote
from votes.tallies.day_lines import close_day
from votes.tallies.recount import reconcile_tallies
from votes.voters.tokens import VoterToken

pytestmark = pytest.mark.django_db


def merge(merged: Tool, kept: Tool, *, is_dry_run: bool = False) -> MergeReport:
    return merge_tools(
        merged=merged, kept=kept, why="One product", merged_by="ada", now=NOW, is_dry_run=is_dry_run
    )


def undo() -> MergeReport:
    return undo_merge(merge=ToolMerge.objects.standing().get(), undone_by="bob", now=NOW)


def tallies() -> set[tuple[str, int, int]]:
    return set(Tally.objects.values_list("tool__name", "ship", "skip"))


def two() -> tuple[Tool, Tool]:
    """The tool that is merged, and the one that is kept."""
    return ToolFactory(slug="old", name="Old"), ToolFactory(slug="new", name="New")


def test_votes_go_along_and_who_answered_both_keeps_the_vote_on_the_kept_tool() -> None:
    old, new = two()
    both = VoterFactory()
    VoteFactory(tool=old, voter=both, value="ship")
    VoteFactory(tool=new, voter=both, value="skip")
    VoteFactory.create_batch(2, tool=old, value="ship")

    report = merge(old, new)

    assert (report.votes, report.votes_that_stay) == (2, 1)
    assert tallies() == {("New", 2, 1), ("Old", 1, 0)}
    assert list(Vote.objects.filter(voter=both).order_by("tool__name").values_list("tool__name", "value")) == [
        ("New", "skip"), ("Old", "ship"),
    ]  # fmt: skip
    assert list(reconcile_tallies(now=NOW)) == []


def test_picks_go_along_to_the_pairs_of_the_kept_tool() -> None:
    old, new = two()
    other, both = ToolFactory(name="Other"), VoterFactory()
    PickFactory(first_tool=old, second_tool=other, chosen_tool=old)
    PickFactory(first_tool=old, second_tool=other, chosen_tool=other)
    PickFactory(first_tool=old, second_tool=other, chosen_tool=old, voter=both)
    PickFactory(first_tool=new, second_tool=other, chosen_tool=other, voter=both)
    PickFactory(first_tool=old, second_tool=new, chosen_tool=old)

    report = merge(old, new)

    assert (report.picks, report.picks_that_stay) == (2, 2)
    moved = Pick.objects.filter(pk__in=ToolMerge.objects.get().noted("pick"))
    assert {pick.chosen_tool.name for pick in moved} == {"New", "Other"}
    assert {frozenset((pick.first_tool, pick.second_tool)) for pick in moved} == {frozenset((new, other))}
    assert list(reconcile_tallies(now=NOW)) == []


@pytest.mark.parametrize("said", ["ship", None], ids=["standing", "withdrawn"])
@pytest.mark.parametrize("status", ["counted", "pending", "quarantined"])
def test_who_was_rejected_on_the_merged_tool_is_rejected_on_the_kept_one(
    said: str | None, status: str
) -> None:
    old, new = two()
    other, voter = ToolFactory(), VoterFactory()
    ruled = {"status": "rejected", "reasons": ["staff_quarantine", "staff_reject"]}
    VoteFactory(tool=old, voter=voter, **ruled)
    kept_vote = VoteFactory(tool=new, voter=voter, value=said, status=status)
    PickFactory(first_tool=old, second_tool=other, chosen_tool=old, voter=voter, **ruled)
    chosen = new if said else None
    kept_pick = PickFactory(first_tool=new, second_tool=other, chosen_tool=chosen, voter=voter, status=status)
    bystander = VoteFactory(tool=new)

    merge(old, new)
    undo()

    for row in (kept_vote, kept_pick):
        row.refresh_from_db()
        assert (row.status, row.reasons) == ("rejected", ruled["reasons"])
    assert Vote.objects.get(pk=bystander.pk).status == "counted"
    assert list(reconcile_tallies(now=NOW)) == []


def test_every_address_of_the_merged_tool_leads_to_the_kept_one(api: APIClient) -> None:
    old, new = two()
    Tool.objects.filter(pk=old.pk).update(slug="older")
    ComparisonFactory(first_tool=old, second_tool=ToolFactory(slug="other"))

    merge(Tool.objects.get(pk=old.pk), new)

    for slug in ("old", "older"):
        assert api.get(f"/api/v1/tools/{slug}")["Location"].endswith("/api/v1/tools/new")
    assert api.get("/api/v1/comparisons/older-vs-other")["Location"].endswith("/comparisons/new-vs-other")
    assert api.get("/api/v1/comparisons/new-vs-other").status_code == 200
    assert [row["slug"] for row in api.get("/api/v1/tools").json()["results"] if "old" in row["slug"]] == []


def test_closed_lines_of_the_merged_tool_are_read_by_its_id(api: APIClient) -> None:
    old, new = two()
    other = ToolFactory(slug="other")
    for tool in (old, new):
        VoteFactory(tool=tool)
        PickFactory(first_tool=tool, second_tool=other, chosen_tool=other)
    for model in (Vote, Pick):
        model._default_manager.update(created_at=NOW)
    close_day(day=NOW.date(), now=NOW)
    pairs = ["|".join(sorted([str(tool.pk), str(other.pk)])) for tool in (old, new)]

    merge(old, new)

    def subject_at(path: str) -> str:
        [line] = api.get(f"/api/v1{path}/timeline").json()["results"]
        return str(line["subject"])

    assert [subject_at(f"/tools/{tool.pk}/tally") for tool in (old, new)] == [str(old.pk), str(new.pk)]
    assert [subject_at(f"/comparisons/{pair.replace('|', '-vs-')}/pick") for pair in pairs] == pairs
    assert api.get("/api/v1/tools/old/tally/timeline").status_code == 308


def test_a_vote_on_the_merged_tool_is_sent_to_the_kept_one() -> None:
    old, new = two()
    voter = new_voter()
    voter.put("/api/v1/tools/old/vote", {"value": "ship"}, format="json")

    merge(old, new)
    sent = voter.put("/api/v1/tools/old/vote", {"value": "skip"}, format="json")
    own = voter.get("/api/v1/voters/me/votes").json()["results"]

    assert (sent.status_code, sent["Location"]) == (308, "/api/v1/tools/new/vote")
    assert [(vote["tool"]["slug"], vote["value"]) for vote in own] == [("new", "ship")]


def test_reviews_go_along_unless_their_reviewer_reviewed_both() -> None:
    old, new = two()
    both = ReviewerFactory()
    ReviewFactory(tool=old, reviewer=both)
    ReviewFactory(tool=new, reviewer=both)
    moved = ReviewFactory(tool=old)
    draft = ReviewFactory(tool=old, reviewer=both, status="draft")

    report = merge(old, new)

    assert (report.reviews, report.reviews_that_stay) == (2, 1)
    assert set(Review.objects.filter(tool=new).exclude(reviewer=both)) == {moved}
    assert Review.objects.get(pk=draft.pk).tool == new


def test_undone_all_is_as_it_was_but_for_the_votes_that_were_cast_since() -> None:
    old, new = two()
    other = ToolFactory(slug="other", name="Other")
    Tool.objects.filter(pk=old.pk).update(slug="older")
    ComparisonFactory(first_tool=old, second_tool=other)
    ReviewFactory(tool=old)
    stays, changed = VoteFactory(tool=old, value="ship"), VoteFactory(tool=old, value="ship")
    PickFactory(first_tool=old, second_tool=other)
    before = (
        tallies(),
        set(PickTally.objects.filter(total__gt=0).values_list("first_tool", "second_tool", "total")),
    )
    merge(Tool.objects.get(pk=old.pk), new)
    Vote.objects.filter(pk=changed.pk).update(value="skip", revision=F("revision") + 1)
    since = VoteFactory(tool=new, value="skip")

    undo()

    assert Vote.objects.get(pk=stays.pk).tool == old
    assert {Vote.objects.get(pk=vote.pk).tool for vote in (changed, since)} == {new}
    assert tallies() == {("Old", 1, 0), ("New", 0, 2), ("Other", 0, 0)}
    picks = set(PickTally.objects.filter(total__gt=0).values_list("first_tool", "second_tool", "total"))
    assert picks == before[1]
    back = Tool.objects.get(pk=old.pk)
    assert (back.slug, back.status, Review.objects.get().tool) == ("older", "published", old)
    assert set(ToolAlias.objects.values_list("slug", "tool__name")) == {("old", "Old")}
    assert list(reconcile_tallies(now=NOW)) == []


def test_a_dry_run_says_what_would_happen_and_changes_nothing() -> None:
    old, new = two()
    VoteFactory(tool=old)
    ReviewFactory(tool=old)

    report = merge(old, new, is_dry_run=True)

    assert (report.votes, report.reviews, report.slugs) == (1, 1, ("old",))
    assert (Vote.objects.get().tool, Review.objects.get().tool, ToolMerge.objects.exists()) == (
        old,
        old,
        False,
    )
    assert Tool.objects.get(pk=old.pk).slug == "old"
    assert merge(old, new) == report


def test_tools_that_do_not_fit_are_refused_and_nothing_changes() -> None:
    old, new = two()
    draft = ToolFactory(name="Draft", status="draft", published_at=None)
    scheduled = ToolFactory(name="Scheduled", published_at=datetime(2999, 1, 1, tzinfo=UTC))

    for merged, kept, words in (
        (old, old, "into itself"),
        (old, draft, "led to Draft, which is not published"),
        (old, scheduled, "led to Scheduled, which is not published"),
    ):
        with pytest.raises(CurationError, match=words):
            merge(merged, kept)
    merge(old, new)

    with pytest.raises(CurationError, match="Old was merged already, old into new"):
        merge(old, ToolFactory())
    with pytest.raises(CurationError, match="Old was merged already"):
        merge(draft, old)
    assert ToolMerge.objects.count() == 1


def test_of_merges_one_upon_another_the_last_is_undone_first() -> None:
    old, new = two()
    newest = ToolFactory(slug="newest")
    merge(old, new)
    first = ToolMerge.objects.get()
    merge(new, newest)

    with pytest.raises(CurationError, match="New was itself merged since: undo that first, new into newest"):
        undo_merge(merge=first, undone_by="bob", now=NOW)
    undo_merge(merge=ToolMerge.objects.get(merged_tool=new), undone_by="bob", now=NOW)
    undo_merge(merge=first, undone_by="bob", now=NOW)

    assert set(Tool.objects.values_list("slug", flat=True)) == {"old", "new", "newest"}
    with pytest.raises(CurationError, match="undone already"):
        undo_merge(merge=first, undone_by="bob", now=NOW)


def test_a_slug_that_the_kept_tool_took_is_given_back_before_a_merge_is_undone() -> None:
    old, new = two()
    merge(old, new)
    Tool.objects.filter(pk=new.pk).update(slug="old")

    with pytest.raises(CurationError, match="New is called old now: rename it first"):
        undo()
    Tool.objects.filter(pk=new.pk).update(slug="new")
    undo()

    assert set(Tool.objects.values_list("slug", flat=True)) == {"old", "new"}


def test_a_review_that_stayed_behind_may_be_corrected() -> None:
    old, new = two()
    both = ReviewerFactory()
    stays = ReviewFactory(tool=old, reviewer=both)
    ReviewFactory(tool=new, reviewer=both)
    merge(old, new)

    stays.refresh_from_db()
    stays.quote = "Corrected."
    stays.save()

    assert Review.objects.get(pk=stays.pk).quote == "Corrected."


@pytest.mark.parametrize(
    ("way", "refusal"),
    [
        pytest.param(
            lambda old: Tool.objects.filter(pk=old.pk).update(status="published"),
            "a_merged_tool_stays_merged", id="published again",
        ),
        pytest.param(
            lambda old: Tool.objects.filter(pk=old.pk).update(slug="free"), "a_merged_tool_stays_merged", id="renamed"
        ),
        pytest.param(lambda old: ReviewFactory(tool=old), "a_merged_tool_gets_no_review", id="reviewed"),
        pytest.param(
            lambda old: ReviewFactory(status="draft") and Review.objects.update(tool=old, status="published"),
            "a_merged_tool_gets_no_review", id="a draft is published of it",
        ),
        pytest.param(lambda old: ComparisonFactory(first_tool=old), "a_merged_tool_gets_no_pair", id="paired"),
        pytest.param(
            lambda old: ComparisonFactory(second_tool=old, published_at=AHEAD), "a_merged_tool_gets_no_pair",
            id="a pair scheduled",
        ),
        pytest.param(
            lambda old: ComparisonFactory(first_tool=old, status="draft") and Comparison.objects.update(status="published"),
            "a_merged_tool_gets_no_pair", id="a draft of a pair published",
        ),
        pytest.param(
            lambda old: ComparisonFactory(published_at=AHEAD) and Comparison.objects.update(second_tool=old),
            "a_merged_tool_gets_no_pair", id="a pair turned to it",
        ),
        pytest.param(
            lambda old: HeadToHeadFactory(second_tool=old), "a_merged_tool_gets_no_head_to_head", id="asked about",
        ),
        pytest.param(
            lambda old: HeadToHeadFactory(first_tool=old, status="draft") and HeadToHead.objects.update(status="published"),
            "a_merged_tool_gets_no_head_to_head", id="a draft of a head-to-head published",
        ),
    ],
)  # fmt: skip
def test_the_database_keeps_a_merged_tool_merged(way: Callable[[Tool], object], refusal: str) -> None:
    old, new = two()
    merge(old, new)

    assert broken_constraint(lambda: way(old)) == refusal


@pytest.mark.parametrize("ballot", [VoteFactory, PickFactory])
def test_the_database_takes_no_ballot_on_a_merged_tool(ballot: type[VoteFactory | PickFactory]) -> None:
    old, new = two()
    merge(old, new)
    given = {"tool": old} if ballot is VoteFactory else {"first_tool": old}

    with pytest.raises(DatabaseError, match="merged into another meanwhile"), transaction.atomic():
        ballot(**given)


# --- While votes arrive ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_while_votes_arrive_each_voter_counts_once_and_tallies_equal_recounts() -> None:
    old, new = two()
    outcomes = count()

    def vote_on_both(start: int) -> None:
        for number in range(start, start + 12):
            voter = VoterToken(voter_id=number.to_bytes(16), issued_at=timezone.now(), assurance=0)
            for slug in ("old", "new"):
                try:
                    cast_vote(
                        voter=voter, slug=slug, value="ship", networks=networks(number), now=timezone.now()
                    )
                except UnknownToolOrPair:
                    next(outcomes)

    def merge_and_undo() -> None:
        for _ in range(4):
            merge(old, new)
            undo()
        merge(Tool.objects.get(pk=old.pk), new)

    raised = at_once(*(partial(vote_on_both, start) for start in (1, 20, 40)), merge_and_undo)

    assert raised == [None] * 4
    assert list(reconcile_tallies(now=timezone.now())) == []
    assert Tally.objects.get(tool=new).ship + Tally.objects.get(tool=new).pending == 36
    assert Vote.objects.filter(tool=new).count() == Vote.objects.values("voter").distinct().count() == 36


def networks(number: int) -> NetworkHashes:
    own = bytes([number]) * 8
    return NetworkHashes(own, own, own)
