"""What becomes of pairs and answers when a tool of theirs is merged."""

import pytest

from backend.admin.errors import CurationError
from catalog.models import Tool
from comparisons.merging.merging import merge_tools, undo_merge
from comparisons.models import Comparison, ToolMerge
from reviews.models import HeadToHead
from tests.factories import (
    NOW,
    ComparisonFactory,
    HeadToHeadFactory,
    PairFitFactory,
    ReviewerFactory,
    ToolFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def old() -> Tool:
    return ToolFactory(slug="old", name="Old")


@pytest.fixture
def new() -> Tool:
    return ToolFactory(slug="new", name="New")


def merge(old: Tool, new: Tool) -> None:
    merge_tools(merged=old, kept=new, why="", merged_by="ada", now=NOW)


def undo() -> None:
    undo_merge(merge=ToolMerge.objects.get(), undone_by="ada", now=NOW)


def pairs() -> set[tuple[frozenset[str], str]]:
    found = Comparison.objects.select_related("first_tool", "second_tool")
    return {(frozenset((pair.first_tool.name, pair.second_tool.name)), pair.status) for pair in found}


def test_a_public_pair_stays_archived_with_its_tools_and_the_kept_tool_gets_one_like_it(
    old: Tool, new: Tool
) -> None:
    pair = ComparisonFactory(first_tool=old, second_tool=ToolFactory(name="Other"), editor_note="Look here.")
    PairFitFactory(comparison=pair, tool=old, note="It is small.")

    merge(old, new)

    assert pairs() == {(frozenset(("Old", "Other")), "archived"), (frozenset(("New", "Other")), "published")}
    made = Comparison.objects.get(status="published")
    assert (made.editor_note, made.published_at) == ("Look here.", pair.published_at)
    assert [(fit.tool, fit.note) for fit in made.fits.all()] == [(new, "It is small.")]

    undo()

    assert pairs() == {(frozenset(("Old", "Other")), "published"), (frozenset(("New", "Other")), "archived")}


def test_a_pair_that_the_kept_tool_has_already_leaves_the_lists_and_so_does_that_of_the_two(
    old: Tool, new: Tool
) -> None:
    other = ToolFactory(name="Other")
    for first, second in ((old, other), (new, other), (old, new)):
        ComparisonFactory(first_tool=first, second_tool=second)

    merge(old, new)

    assert pairs() == {
        (frozenset(("Old", "Other")), "archived"),
        (frozenset(("New", "Other")), "published"),
        (frozenset(("Old", "New")), "archived"),
    }

    undo()

    assert {status for _, status in pairs()} == {"published"}


def test_a_pair_that_nobody_saw_goes_along_and_comes_back(old: Tool, new: Tool) -> None:
    ComparisonFactory(
        first_tool=old, second_tool=ToolFactory(name="Other"), status="draft", published_at=None
    )

    merge(old, new)
    moved = pairs()
    undo()

    assert (moved, pairs()) == (
        {(frozenset(("New", "Other")), "draft")}, {(frozenset(("Old", "Other")), "draft")},
    )  # fmt: skip


def test_live_answers_are_given_to_the_kept_tool_too_unless_their_reviewer_gave_one(
    old: Tool, new: Tool
) -> None:
    other, both = ToolFactory(name="Other"), ReviewerFactory()
    HeadToHeadFactory(first_tool=old, second_tool=other, choice=old, quote="Mine.")
    HeadToHeadFactory(first_tool=old, second_tool=other, reviewer=both)
    HeadToHeadFactory(first_tool=new, second_tool=other, reviewer=both)
    HeadToHeadFactory(first_tool=old, second_tool=new)

    merge(old, new)

    (made,) = HeadToHead.objects.filter(pk__in=ToolMerge.objects.get().noted("made_answer"))
    assert (set(made.tools), made.choice, made.quote, made.status) == (
        {new, other},
        new,
        "Mine.",
        "published",
    )
    assert HeadToHead.objects.filter(status="published").count() == 5

    undo()

    assert HeadToHead.objects.get(pk=made.pk).status == "retracted"


def test_an_answer_about_a_tool_that_was_merged_before_is_given_to_what_is_left_alone(
    old: Tool, new: Tool
) -> None:
    gone, left = ToolFactory(name="Gone"), ToolFactory(name="Left")
    HeadToHeadFactory(first_tool=old, second_tool=gone)
    merge(gone, left)

    merge(old, new)

    of_new = [set(answer.tools) for answer in HeadToHead.objects.all() if new in answer.tools]
    assert of_new == [{new, left}]


def test_a_pair_does_not_come_back_with_a_tool_that_was_merged_itself_until_that_is_undone(
    old: Tool, new: Tool
) -> None:
    other = ToolFactory(slug="other", name="Other")
    ComparisonFactory(first_tool=old, second_tool=other)
    merge(old, new)
    first = ToolMerge.objects.get()
    merge(other, ToolFactory(slug="left", name="Left"))
    before = pairs()

    with pytest.raises(
        CurationError, match=r"^a pair would come back with Other: undo that first, other into left$"
    ):
        undo_merge(merge=first, undone_by="ada", now=NOW)

    assert (pairs(), ToolMerge.objects.standing().count()) == (before, 2)

    for each in ToolMerge.objects.order_by("-id"):
        undo_merge(merge=each, undone_by="ada", now=NOW)

    assert {each for each in pairs() if each[1] == "published"} == {
        (frozenset(("Old", "Other")), "published")
    }
