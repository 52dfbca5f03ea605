"""What a page says before something is deleted: words and counts, whatever the number, and a reason."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Model

from backend.admin.deletion import _only_follows, _relations
from catalog.models import Category, Condition, Tool
from comparisons.models import Comparison
from newsletter.models import Edition
from reviews.models import HeadToHead, Review, Reviewer
from tests.desk import count_queries, desk_of, open_desk
from tests.factories import (
    CategoryFactory,
    ComparisonFactory,
    ConditionFactory,
    EditionFactory,
    ReviewerFactory,
    ToolFactory,
    ToolFitFactory,
    VoteFactory,
    VoterFactory,
)
from votes.models import Voter

pytestmark = pytest.mark.django_db


def page_of(tool: Tool) -> str:
    return f"/admin/catalog/tool/{tool.pk}/delete/"


def test_the_page_counts_what_keeps_a_tool_and_costs_the_same_however_much() -> None:
    few, many = ToolFactory.create_batch(2, status="draft")
    VoteFactory(tool=few)
    VoteFactory.create_batch(30, tool=many)
    desk = open_desk()

    assert "It has 1 vote." in desk.get(page_of(few)).content.decode()
    assert "It has 30 votes." in desk.get(page_of(many)).content.decode()
    # Session, curator, tool; all that refers to it.
    assert count_queries(desk, page_of(few)) == count_queries(desk, page_of(many)) == 4


def test_nothing_is_counted_that_only_follows_from_other_rows() -> None:
    pair = ComparisonFactory(status="draft", published_at=None)
    tool, reviewer, condition = ToolFactory(status="draft"), ReviewerFactory(), ConditionFactory()
    ToolFitFactory.create_batch(2, tool=tool)
    desk = open_desk()

    for alone in (
        f"comparisons/comparison/{pair.pk}",
        f"reviews/reviewer/{reviewer.pk}",
        f"catalog/condition/{condition.pk}",
    ):
        assert "Nothing else is deleted with it." in desk.get(f"/admin/{alone}/delete/").content.decode()
    assert desk.get(page_of(tool)).context["deleted_objects"] == ["2 conditions"]


def kinds_below(model: type[Model]) -> set[str]:
    """What the page before a row is deleted may name: whatever refers to it and has something of its own."""
    below = [each.related_model for each in _relations(model) if not _only_follows(each)]
    return {str(each._meta.model_name) for each in below}


@pytest.mark.parametrize(
    ("model", "kinds"),
    [
        (Category, {"tool"}),
        (Condition, {"pairfit", "toolfit"}),
        (Reviewer, {"headtohead", "review", "reviewrevision"}),
        (Review, {"reviewrevision"}),
        (HeadToHead, {"headtoheadrevision"}),
        (Comparison, {"pairfit", "verdictchange"}),
        (Edition, {"segment", "delivery", "bounce"}),
        (
            Tool,
            {
                "toolalias", "logoupload", "toolfit", "headtohead", "headtoheadrevision", "review", "reviewrevision",
                "vote", "pick", "alert", "moderationaction", "tallyday", "picktallyday", "toolmerge", "comparison",
                "pairfit", "verdictchange",
            },
        ),
    ],
)  # fmt: skip
def test_a_page_names_what_people_made_and_records_of_it(model: type[Model], kinds: set[str]) -> None:
    assert kinds_below(model) == kinds


def test_what_was_public_is_archived_and_not_deleted() -> None:
    tool = ToolFactory()

    page = open_desk().post(page_of(tool), {"post": "yes", "why": "It is gone."}).content.decode()

    assert "It is published: you can delete drafts only." in page
    assert Tool.objects.exists()


@pytest.mark.parametrize("why", ["", "  "])
def test_nothing_goes_without_a_reason(why: str) -> None:
    tool = ToolFactory(status="draft")

    page = open_desk().post(page_of(tool), {"post": "yes", "why": why}).content.decode()

    assert "Nothing was deleted: say why." in page
    assert Tool.objects.exists()
    assert not LogEntry.objects.exists()


def test_the_reason_stays_with_who_gave_it() -> None:
    edition = EditionFactory(week="2099-W48")

    open_desk().post(
        f"/admin/newsletter/edition/{edition.pk}/delete/", {"post": "yes", "why": "Entered twice."}
    )

    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_repr, entry.change_message) == (
        "curator",
        "2099-W48",
        "Entered twice.",
    )


@pytest.mark.parametrize("address", ["catalog/tool/", "auth/user/", "newsletter/subscriber/", "votes/vote/"])
def test_no_list_deletes_several_at_once(address: str) -> None:
    offered = open_desk().get(f"/admin/{address}").context["action_form"]

    names = [name for name, _ in offered.fields["action"].choices] if offered else []
    assert "delete_selected" not in names


def test_an_action_that_can_hurt_asks_with_counts_and_wants_to_know_why() -> None:
    voters = VoterFactory.create_batch(12)
    desk, address = open_desk(), "/admin/votes/voter/"
    sent = {"action": "erase", "_selected_action": [str(voter.pk) for voter in voters]}

    asked = desk.post(address, sent).content.decode()
    unsaid = desk.post(address, {**sent, "sure": "12"}).content.decode()
    others = desk.post(address, {**sent, "sure": "11", "why": "Gone."}).content.decode()

    assert "Erase 12 voters?" in asked
    assert "and 2 more" in asked
    assert "Nothing was done: say why." in unsaid
    assert "The rows have changed since this page was shown. Look again." in others
    assert Voter.objects.filter(erased_at=None).count() == 12

    desk.post(address, {**sent, "sure": "12", "why": "Gone."})

    assert not Voter.objects.filter(erased_at=None).exists()


class TestAccounts:
    def test_an_account_that_was_used_is_not_deleted_in_whichever_way(self) -> None:
        desk = desk_of("view_category", "delete_category")
        desk.post(
            f"/admin/catalog/category/{CategoryFactory().pk}/delete/",
            {"post": "yes", "why": "x", "instead": ""},
        )

        with (
            pytest.raises(
                IntegrityError,
                match="names it: deactivate it instead",
            ),
            transaction.atomic(),
        ):
            User.objects.all().delete()

        assert LogEntry.objects.get().user.username == "staff"

    def test_one_that_nobody_used_can_go(self) -> None:
        User.objects.create(username="mistyped").delete()

        assert not User.objects.exists()
