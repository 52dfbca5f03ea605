"""What an edition tells whom: for each kind a table of what is in and what is not, the order, and the cost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Tool
from comparisons.models import Comparison
from comparisons.pairs.services import publish
from newsletter.content.gathering import gather
from newsletter.content.items import AT_MOST, Because, Item, Option
from reviews.models import Review, ReviewRevision
from tests.database import database_now
from tests.factories import (
    AHEAD,
    NOW,
    ComparisonFactory,
    ReviewFactory,
    ToolFactory,
    published_counts,
    review,
)
from tests.newsletter.editions import (
    BEFORE,
    KNOWN,
    LAST,
    MOMENT,
    SINCE,
    UNTIL,
    WITHIN,
    change,
    changed_pair,
    chosen,
    crowd,
    crowd_line,
    new_pair,
    one_of_each,
    reviewed,
    shelf,
    tool,
)
from votes.models import PublishedTally

pytestmark = pytest.mark.django_db


def told(*topics: str, **values: Any) -> tuple[Item, ...]:
    return gather(choices=chosen(*topics, **values), until=UNTIL)


def options(pair: Comparison) -> tuple[Option, ...]:
    """Where the site asks which of the two a reader would ship with, in the order of the pair's slug."""
    return tuple(
        Option(tool.name, f"/comparisons/{pair.slug}?pick={tool.slug}#picks")
        for tool in (pair.first_tool, pair.second_tool)
    )


def marks(*topics: str, **values: Any) -> list[tuple[str, str]]:
    return [(item.kind, item.mark) for item in told(*topics, **values)]


# --- New comparisons ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="within the week"),
        pytest.param({"at": KNOWN + MOMENT}, id="just after the last edition"),
        pytest.param({"at": LAST}, id="at the last moment"),
        pytest.param({"first_tool__status": "archived"}, id="of a tool that has left the lists"),
    ],
)
def test_a_new_comparison_is_in(values: dict[str, Any]) -> None:
    pair = new_pair(first_tool__name="Aider", second_tool__name="Zed", **values)

    assert told() == (
        Item(
            kind="comparison",
            title="Aider vs Zed",
            mark="Ship Aider",
            tone="ship",
            detail="Clearly, by the 4 who reviewed both: all would ship it, 2 the other.",
            quote="",
            path=f"/comparisons/{pair.slug}",
            because=Because(gets_every_topic=True),
            headline="Ship Aider over Zed: all 4 reviewers ship it, 2 the other",
            options=options(pair),
        ),
    )


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"at": KNOWN}, id="published at the moment of the last edition"),
        pytest.param({"at": LAST + MOMENT}, id="published since"),
        pytest.param({"status": "draft"}, id="a draft"),
        pytest.param({"status": "archived"}, id="archived"),
        pytest.param({"first_tool__status": "draft"}, id="with a draft's tool"),
    ],
)
def test_a_comparison_is_not_in(values: dict[str, Any]) -> None:
    new_pair(**values)

    assert told() == ()


def edition_of_this_week(**values: Any) -> tuple[Item, ...]:
    """What the database says became public in the last days, by its own clock."""
    now = database_now()
    choices = replace(chosen(**values), since=now - timedelta(days=1))
    return gather(choices=choices, until=now + timedelta(hours=1))


@pytest.mark.parametrize("dated", [NOW - timedelta(days=400), NOW])
def test_a_draft_dated_long_ago_and_published_today_is_in_this_weeks_edition(dated: datetime) -> None:
    pair = ComparisonFactory(status="draft", published_at=dated)
    for each in (pair.first_tool, pair.second_tool):
        review(each, ship=3)
    assert edition_of_this_week() == ()

    publish(pair, now=database_now())

    pair.refresh_from_db()
    assert [item.path for item in edition_of_this_week()] == [f"/comparisons/{pair.slug}"]
    assert pair.published_at == dated


def test_a_pair_and_a_review_that_waited_for_their_tool_are_told_once_it_is_public() -> None:
    waiting = ToolFactory(status="draft", published_at=None)
    ComparisonFactory(first_tool=waiting, public_at=BEFORE)
    row = ReviewFactory(tool=waiting, reviewer__slug="skeptic")
    assert edition_of_this_week(reviewers=("skeptic",)) == ()

    Tool.objects.filter(pk=waiting.pk).update(status="published", published_at=BEFORE)

    told = edition_of_this_week(reviewers=("skeptic",))
    assert [item.kind for item in told] == ["comparison", "review"]
    assert row.reviewer.name in told[1].title


def test_what_is_scheduled_is_in_no_edition() -> None:
    pair = ComparisonFactory(published_at=AHEAD)
    ReviewFactory(tool=ToolFactory(published_at=AHEAD), reviewer__slug="skeptic")
    change(pair, at=WITHIN, winner=pair.first_tool)

    assert edition_of_this_week(reviewers=("skeptic",)) == ()


def test_comparisons_are_told_surest_first_and_then_the_latest() -> None:
    earlier = WITHIN - timedelta(days=1)
    new_pair(first=(0, 0), first_tool__name="Few")
    new_pair(first=(2, 2), first_tool__name="Tie")
    new_pair(first=(4, 0), second=(3, 1), first_tool__name="Narrow")
    new_pair(first_tool__name="Clear before", at=earlier)
    new_pair(first_tool__name="Clear")
    new_pair(first=(4, 0), second=(0, 4), first_tool__name="Unanimous", at=earlier)

    assert [(item.title.split(" vs ")[0], item.mark) for item in told()] == [
        ("Unanimous", "Ship Unanimous"),
        ("Clear", "Ship Clear"),
        ("Clear before", "Ship Clear before"),
        ("Narrow", "Ship Narrow"),
        ("Tie", "A tie"),
        ("Few", "No verdict yet"),
    ]


def test_a_title_and_a_note_of_the_editors_are_told() -> None:
    new_pair(title="The showdown", editor_note="Line one.\n\nLine two.")

    [item] = told()

    assert (item.title, item.quote) == ("The showdown", "Line one. Line two.")


# --- Verdicts that changed ----------------------------------------------------------------------


def test_a_verdict_that_changed_is_in_with_what_it_was_and_why() -> None:
    pair = changed_pair(first_tool__name="Aider", second_tool__name="Zed")

    assert told() == (
        Item(
            kind="verdict",
            title="Aider vs Zed",
            mark="Ship Aider",
            tone="ship",
            detail="Now: narrow, by the panel, 25 points ahead. Before: a tie. The panel's reviews changed.",
            quote="",
            path=f"/comparisons/{pair.slug}",
            because=Because(gets_every_topic=True),
            headline="Now ship Aider over Zed",
            options=options(pair),
        ),
    )


def back_and_forth() -> None:
    pair = changed_pair(at=WITHIN)
    change(pair, at=WITHIN + MOMENT, winner=None, before=pair.first_tool, number=3)


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda: changed_pair(at=KNOWN), id="at the moment of the last edition"),
        pytest.param(lambda: changed_pair(at=LAST + MOMENT), id="since"),
        pytest.param(lambda: changed_pair(status="archived"), id="of an archived pair"),
        pytest.param(back_and_forth, id="and changed back"),
    ],
)
def test_a_changed_verdict_is_not_in(happens: Callable[[], object]) -> None:
    happens()

    assert told() == ()


def test_a_pair_that_is_new_itself_is_told_once() -> None:
    pair = new_pair(first=(4, 0), second=(2, 2))
    change(pair, winner=pair.first_tool)

    assert [item.kind for item in told()] == ["comparison"]


def test_several_changes_of_one_verdict_are_told_as_one() -> None:
    pair = changed_pair(first_tool__name="Aider", second_tool__name="Zed")
    change(
        pair, at=WITHIN + MOMENT, winner=pair.second_tool, before=pair.first_tool, number=3, by="community"
    )

    [item] = told()

    assert (item.mark, item.detail) == (
        "Ship Zed",
        "Now: narrow, by the crowd, 25 points ahead. Before: a tie. Readers' votes changed.",
    )


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param(
            {"published_at": BEFORE, "corrected_at": WITHIN},
            "The Skeptic corrected a review of Aider.",
            id="corrected",
        ),
        pytest.param({"published_at": WITHIN}, "The Skeptic reviewed Aider: ship.", id="published"),
        pytest.param(
            {"published_at": BEFORE, "status": "retracted"},
            "The Skeptic retracted a review of Aider.",
            id="retracted",
        ),
        pytest.param(
            {"published_at": BEFORE, "corrected_at": KNOWN}, "The panel's reviews changed.", id="long before"
        ),
        pytest.param(
            {"published_at": WITHIN, "status": "retracted"},
            "The panel's reviews changed.",
            id="retracted before it was known",
        ),
    ],
)
def test_a_verdict_that_the_panel_turned_says_who_did_what(values: dict[str, Any], why: str) -> None:
    pair = changed_pair(first_tool__name="Aider")
    reviewed(tool=pair.first_tool, **values)
    Review.objects.update(updated_at=WITHIN)

    details = {item.kind: item.detail for item in told()}

    assert details["verdict"].endswith(f"Before: a tie. {why}")


def test_a_verdict_that_votes_turned_names_no_reviewer() -> None:
    pair = ComparisonFactory(public_at=BEFORE, first_tool__name="Aider")
    change(pair, winner=pair.first_tool, by="community")
    reviewed(tool=pair.first_tool)

    assert [item.detail for item in told()] == [
        "Now: narrow, by the crowd, 25 points ahead. Before: a tie. Readers' votes changed."
    ]


def test_a_winner_that_stays_says_how_it_wins_now() -> None:
    pair = ComparisonFactory(public_at=BEFORE, first_tool__name="Aider")
    change(pair, winner=pair.first_tool, before=pair.first_tool)
    pair.verdict_changes.update(strength="clear", margin=50)

    [item] = told()
    assert item.detail == (
        "Now: clear, by the panel, 50 points ahead. Before: Aider, narrow, by the panel, 25 points ahead. "
        "The panel's reviews changed."
    )


def by_another_rule(pair: Comparison, *, winner: Tool | None = None, before: Tool | None = None) -> None:
    """The event that begins a pair's verdicts by rule 2026-12."""
    change(pair, winner=winner, before=before)
    pair.verdict_changes.update(cause="rule", before_rule="2026-11")


def test_another_rule_is_one_line_however_many_pairs_it_turned() -> None:
    for _ in range(3):
        by_another_rule(ComparisonFactory(public_at=BEFORE))
    tied, turned = ComparisonFactory(public_at=BEFORE), ComparisonFactory(public_at=BEFORE)
    by_another_rule(tied, winner=tied.first_tool)
    by_another_rule(turned, winner=turned.first_tool, before=turned.second_tool)

    [item] = told()

    assert (item.title, item.path) == ("The rule of verdicts changed", "/comparisons")
    assert (
        item.detail
        == "Verdicts are found by rule 2026-12 now. Of 5 pairs, 2 have another answer than before."
    )


def test_what_changed_besides_the_rule_is_told_of_its_pair() -> None:
    pair = ComparisonFactory(public_at=BEFORE, first_tool__name="Aider", second_tool__name="Zed")
    by_another_rule(pair)
    change(pair, at=WITHIN + MOMENT, winner=pair.first_tool, number=3, by="head_to_head")

    of_the_rule, of_the_pair = (item.detail for item in told())
    assert of_the_rule == (
        "Verdicts are found by rule 2026-12 now. Of the only pair, none has another answer than before."
    )
    assert of_the_pair == (
        "Now: narrow, by the panel, head to head, 25 points ahead. Before: a tie. "
        "An answer to the pair was published, corrected or retracted."
    )


def test_another_rule_is_told_of_the_readers_topics_alone() -> None:
    by_another_rule(ComparisonFactory(public_at=BEFORE))

    assert told(shelf().slug) == ()


def test_verdicts_are_told_by_how_much_they_turned() -> None:
    gone = ComparisonFactory(public_at=BEFORE, first_tool__name="Gone")
    change(gone, winner=None, before=gone.first_tool)
    turned = ComparisonFactory(public_at=BEFORE, first_tool__name="Turned", second_tool__name="Other")
    change(turned, winner=turned.second_tool, before=turned.first_tool, at=WITHIN - timedelta(days=1))

    assert [(item.title.split(" vs ")[0], item.mark) for item in told()] == [
        ("Turned", "Ship Other"),
        ("Gone", "A tie"),
    ]


# --- One story, told once -----------------------------------------------------------------------


def test_a_correction_and_the_verdict_that_it_turned_are_one_item() -> None:
    pair = changed_pair(first_tool__name="Aider", second_tool__name="Zed")
    reviewed(
        tool=pair.first_tool,
        published_at=BEFORE,
        corrected_at=WITHIN,
        former_verdict="skip",
        quote="It `holds`.",
    )

    [item] = told()

    assert (item.kind, item.quote) == ("verdict", "It holds.")
    assert item.detail.endswith("The Skeptic corrected a review of Aider, from skip to ship.")


def test_a_followed_reviewers_review_that_turned_a_verdict_is_told_once() -> None:
    pair = changed_pair(first_tool__name="Aider", second_tool__name="Zed")
    for n in range(5):
        reviewed(tool=pair.first_tool, reviewer=f"A{n}", quote=f"By A{n}.")
    reviewed(tool=pair.second_tool, quote="By the one who is followed.")

    [item] = told(reviewers=("the-skeptic",))

    assert item.detail.endswith(
        "The Skeptic reviewed Zed: ship, A0 reviewed Aider: ship and 4 more reviews changed."
    )
    assert item.quote == "By the one who is followed."
    assert item.because.sentence() == "Because you get every topic, and follow The Skeptic."


def test_a_correction_that_an_item_has_no_room_to_name_is_told_on_its_own() -> None:
    pair = changed_pair()
    for n in range(4):
        reviewed(tool=pair.first_tool, reviewer=f"R{n}", published_at=BEFORE, corrected_at=WITHIN)

    assert [item.kind for item in told()] == ["verdict", "correction", "correction"]


def test_a_review_that_turned_two_verdicts_is_quoted_once() -> None:
    pair = changed_pair(first_tool__name="Aider")
    other = ComparisonFactory(public_at=BEFORE, first_tool=pair.first_tool)
    change(other, winner=pair.first_tool)
    reviewed(tool=pair.first_tool, published_at=BEFORE, corrected_at=WITHIN, quote="It holds.")

    items = told()

    assert [item.kind for item in items] == ["verdict", "verdict"]
    assert sorted(item.quote for item in items) == ["", "It holds."]
    assert all("The Skeptic corrected a review of Aider." in item.detail for item in items)


def test_a_crowd_that_turned_a_verdict_is_told_with_it() -> None:
    moved = crowd(before=(15, 15), now=(40, 20), name="Aider")
    pair = ComparisonFactory(public_at=BEFORE, first_tool=moved)
    change(pair, winner=moved, by="community")

    [item] = told()

    assert item.detail.endswith("Before: a tie. Readers' votes changed: Aider 50 → 67% ship.")


def test_a_correction_beside_a_verdict_that_the_crowd_turned_is_a_story_of_its_own() -> None:
    pair = ComparisonFactory(public_at=BEFORE)
    change(pair, winner=pair.first_tool, by="community")
    reviewed(tool=pair.first_tool, published_at=BEFORE, corrected_at=WITHIN)

    assert [item.kind for item in told()] == ["verdict", "correction"]


def test_what_a_verdict_that_the_mail_has_no_room_for_would_tell_is_told_elsewhere() -> None:
    for _ in range(AT_MOST["verdict"]):
        turned = ComparisonFactory(public_at=BEFORE)
        change(turned, winner=turned.first_tool, before=turned.second_tool)
    pair = changed_pair()
    reviewed(tool=pair.first_tool, published_at=BEFORE, corrected_at=WITHIN)

    assert [item.kind for item in told()] == ["verdict"] * AT_MOST["verdict"] + ["correction"]


def test_a_corrected_review_says_what_it_said_in_the_readers_last_edition() -> None:
    row = reviewed(published_at=BEFORE, corrected_at=WITHIN)
    for number, verdict, ended_at in [(1, "ship", KNOWN), (2, "skip", WITHIN)]:
        ReviewRevision.objects.create(
            review=row, number=number, reviewer=row.reviewer, tool=row.tool, verdict=verdict, basis="read",
            evidence=[], began_at=BEFORE, ended_at=ended_at,
        )  # fmt: skip

    assert marks() == [("correction", "Skip → Ship")]


# --- Reviews ------------------------------------------------------------------------------------


def test_a_review_by_a_followed_reviewer_is_in_whatever_its_topic() -> None:
    shelf()
    row = reviewed(tool=tool("Aider"), quote="It does what it says.")

    assert told("developer-tools", reviewers=("the-skeptic",)) == (
        Item(
            kind="review",
            title="The Skeptic on Aider",
            mark="Ship",
            tone="ship",
            detail="By a persona, from public documents, without a test.",
            quote="It does what it says.",
            path=f"/tools/{row.tool.slug}",
            because=Because(follows=("The Skeptic",)),
            headline="The Skeptic on Aider: ship",
        ),
    )


@pytest.mark.parametrize(
    ("values", "follows"),
    [
        pytest.param({}, (), id="by nobody the reader follows"),
        pytest.param({}, ("the-builder",), id="by another"),
        pytest.param({"published_at": KNOWN}, ("the-skeptic",), id="known"),
        pytest.param({"published_at": LAST + MOMENT}, ("the-skeptic",), id="since"),
        pytest.param({"status": "retracted"}, ("the-skeptic",), id="retracted"),
        pytest.param({"status": "draft"}, ("the-skeptic",), id="a draft"),
        pytest.param({"tool__status": "draft"}, ("the-skeptic",), id="of a draft's tool"),
        pytest.param({"corrected_at": WITHIN}, (), id="corrected before it was known"),
    ],
)
def test_a_review_is_not_in(values: dict[str, Any], follows: tuple[str, ...]) -> None:
    reviewed(**values)

    assert told(reviewers=follows) == ()


def test_a_corrected_review_is_in() -> None:
    row = reviewed(
        published_at=BEFORE, corrected_at=WITHIN, verdict="skip", tool=tool("Aider", category=shelf())
    )

    assert told("developer-tools") == (
        Item(
            kind="correction",
            title="The Skeptic on Aider",
            mark="Skip",
            tone="skip",
            detail="By a persona, from public documents, without a test.",
            quote="It does what it says.",
            path=f"/tools/{row.tool.slug}",
            because=Because(topics=("Developer Tools",)),
            headline="The Skeptic on Aider: corrected",
        ),
    )


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"corrected_at": KNOWN}, id="known"),
        pytest.param({"corrected_at": LAST + MOMENT}, id="since"),
        pytest.param({"corrected_at": WITHIN, "status": "retracted"}, id="retracted since"),
        pytest.param({"corrected_at": None}, id="never"),
    ],
)
def test_a_correction_is_not_in(values: dict[str, Any]) -> None:
    reviewed(published_at=BEFORE, **values)

    assert told() == ()


def test_a_correction_by_a_followed_reviewer_is_in_whatever_its_topic() -> None:
    shelf()
    reviewed(published_at=BEFORE, corrected_at=WITHIN)

    assert [
        (item.kind, item.because.sentence()) for item in told("developer-tools", reviewers=("the-skeptic",))
    ] == [("correction", "Because you follow The Skeptic.")]
    assert told("developer-tools") == ()


# --- The crowd ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "mark", "detail"),
    [
        pytest.param(
            (15, 15),
            (40, 20),
            "50 → 67% ship",
            "40 of 60 voters ship it now, 15 of 30 did before. That leaves it open.",
            id="keener",
        ),
        pytest.param(
            (40, 20),
            (45, 45),
            "67 → 50% ship",
            "45 of 90 voters ship it now, 40 of 60 did before. That leaves it open.",
            id="less keen",
        ),
        pytest.param(
            (600, 500),
            (650, 500),
            "55 → 57% ship",
            "650 of 1,150 voters ship it now, 600 of 1,100 did before.",
            id="another call by few points",
        ),
        pytest.param(
            None,
            (18, 2),
            "90% ship",
            "18 of 20 voters ship it.",
            id="a first answer",
        ),
        pytest.param(
            (5, 0),
            (5, 30),
            "100 → 14% ship",
            "5 of 35 voters ship it now, 5 of 5 did before.",
            id="turned round by a crowd that has become large enough",
        ),
    ],
)
def test_a_tool_on_which_the_crowd_moved_is_in(
    before: tuple[int, int] | None, now: tuple[int, int], mark: str, detail: str
) -> None:
    made = crowd(before=before, now=now, name="Aider")

    [item] = told()

    assert (item.kind, item.title, item.mark, item.detail) == ("crowd", "Aider", mark, detail)
    assert item.path == f"/tools/{made.slug}"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"before": (15, 15), "now": (16, 15)}, id="by a point"),
        pytest.param({"before": None, "now": (19, 0)}, id="with too few votes"),
        pytest.param({"before": None, "now": (10, 10)}, id="to a first answer that leaves it open"),
        pytest.param({"before": (0, 10), "now": (5, 9)}, id="among few"),
        pytest.param({"before": (5, 5), "now": (13, 8)}, id="by points of a crowd that was too small"),
        pytest.param({"before": (40, 20), "now": None}, id="at all"),
        pytest.param(
            {"before": (15, 15), "now": (40, 20), "until_day": date(2026, 11, 24)},
            id="before the day was over",
        ),
        pytest.param({"before": (15, 15), "now": (40, 20), "status": "archived"}, id="on an archived tool"),
        pytest.param({"before": (15, 15), "now": (40, 20), "status": "draft"}, id="on a draft"),
    ],
)
def test_the_crowd_has_not_moved(values: dict[str, Any]) -> None:
    crowd(**values)

    assert told() == ()


def test_the_crowd_is_measured_from_the_last_day_that_was_over() -> None:
    """A line of the day of the last edition holds votes that came after it."""
    made = crowd(before=(40, 20), now=(80, 20), day=date(2026, 11, 17))
    assert [item.mark for item in told()] == ["80% ship"]

    made.tally_days.filter(day=date(2026, 11, 17)).update(day=date(2026, 11, 10))
    assert [item.mark for item in told()] == ["67 → 80% ship"]


def test_what_moves_after_the_last_midnight_is_for_the_next_edition() -> None:
    made = crowd(before=(15, 15), now=None, as_of=UNTIL - timedelta(hours=4))
    PublishedTally.objects.filter(tool=made).update(**published_counts(40, 20))
    assert told() == ()

    crowd_line(made, day=date(2026, 11, 24), counts=(40, 20))
    crowd_line(made, day=date(2026, 11, 30), counts=(40, 20))
    following = [
        gather(choices=chosen(since=UNTIL + week * n), until=UNTIL + week * (n + 1))
        for week in [timedelta(days=7)]
        for n in range(2)
    ]
    assert [[item.mark for item in items] for items in following] == [["50 → 67% ship"], []]


def test_the_farthest_move_is_told_first() -> None:
    crowd(before=(30, 30), now=(45, 30), name="Ten", slug="ten")
    crowd(before=(30, 30), now=(90, 10), name="Forty", slug="forty")
    crowd(before=(30, 30), now=(450, 300), name="Ten of many", slug="many")

    assert [item.title for item in told()] == ["Forty", "Ten of many", "Ten"]


# --- Whom, and how much -------------------------------------------------------------------------


KINDS = ["comparison", "verdict", "crowd", "correction"]


def test_topics_choose_among_everything_but_followed_reviewers() -> None:
    one_of_each(shelf())
    one_of_each(shelf("design", "Design"))

    assert [item.kind for item in told("design")] == KINDS
    assert {item.because.sentence() for item in told("design")} == {"Because you chose Design."}
    assert [item.kind for item in told("design", "developer-tools")] == [
        kind for kind in KINDS for _ in range(2)
    ]
    assert [item.kind for item in told()] == [kind for kind in KINDS for _ in range(2)]
    assert {item.because.sentence() for item in told()} == {"Because you get every topic."}
    assert told("law") == ()


def test_a_pair_across_two_topics_names_those_that_were_chosen() -> None:
    new_pair(first_tool__category=shelf(), second_tool__category=shelf("design", "Design"))

    assert [item.because.sentence() for item in told("design")] == ["Because you chose Design."]
    assert [item.because.sentence() for item in told("design", "developer-tools")] == [
        "Because you chose Developer Tools and Design."
    ]


def test_whoever_asked_for_each_new_comparison_gets_those_alone() -> None:
    one_of_each(shelf())
    reviewed(reviewer="The Builder")

    items = told("developer-tools", reviewers=("the-builder",), frequency="each_comparison")

    assert [(item.kind, item.because.sentence()) for item in items] == [
        ("comparison", "Because you asked for each new comparison in Developer Tools.")
    ]
    assert [item.because.sentence() for item in told(frequency="each_comparison")] == [
        "Because you asked for each new comparison."
    ]


def test_what_is_told_is_bounded_in_each_kind() -> None:
    category = shelf()
    for n in range(12):
        new_pair(first_tool__category=category)
        changed_pair(second_tool__category=category)
        reviewed(published_at=BEFORE, corrected_at=WITHIN, reviewer=f"Old {n}", tool=tool(category=category))
        reviewed(reviewer=f"New {n}", tool=tool(category=category))
        crowd(before=(15, 15), now=(40, 20), category=category)

    items = told("developer-tools", reviewers=tuple(f"new-{n}" for n in range(12)))

    assert {kind: sum(item.kind == kind for item in items) for kind in AT_MOST} == AT_MOST


def test_what_is_too_fresh_for_one_edition_is_in_the_next() -> None:
    new_pair(at=UNTIL - timedelta(minutes=1))

    assert told() == ()
    following = gather(choices=chosen(since=UNTIL), until=UNTIL + timedelta(days=7))
    assert [item.kind for item in following] == ["comparison"]


@pytest.mark.parametrize("many", [1, 50])
def test_gathering_costs_seven_queries_however_much_there_is(
    django_assert_num_queries: DjangoAssertNumQueries, many: int
) -> None:
    category = shelf()
    for n in range(many):
        new_pair(first_tool__category=category)
        changed_pair(second_tool__category=category)
        reviewed(published_at=BEFORE, corrected_at=WITHIN, reviewer=f"Old {n}", tool=tool(category=category))
        reviewed(reviewer=f"New {n}", tool=tool(category=category))
        crowd(before=(15, 15), now=(40, 20), category=category)

    # Comparisons, changes, what reviewers did to those, reviews by followed ones, the crowd, corrections.
    with django_assert_num_queries(7):
        told("developer-tools", reviewers=("new-0",))
    with django_assert_num_queries(1):
        told(frequency="each_comparison")


def test_the_clock_of_a_zone_does_not_change_what_is_told() -> None:
    crowd(before=(15, 15), now=(40, 20), day=date(2026, 11, 16))

    assert marks(since=SINCE.astimezone(ZoneInfo("Pacific/Auckland"))) == marks()
