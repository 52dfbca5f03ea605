"""The words of an edition: cleaned, shortened, counted."""

import pytest

from comparisons.verdict import Evidence, decide
from newsletter.content.items import (
    MAX_SUBJECT,
    Choices,
    Item,
    Side,
    comparison_rank,
    default_intro,
    default_subject,
    has_moved,
    listed,
    plain,
    preheader,
    review_changes_in_words,
    review_provenance,
    shortened,
    verdict_detail,
    why_topics,
)
from reviews.panel import PanelCount
from tests.newsletter.editions import SINCE
from votes.tally import TallyCount


def item(kind: str, headline: str = "Ship Aider, not Zed") -> Item:
    return Item(
        kind=kind,
        title="",
        mark="",
        tone="none",
        detail="Why.",
        quote="",
        path="/",
        why="",
        headline=headline,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("Aider", "Aider", id="plain"),
        pytest.param("  two\t\r\n words\u2028here ", "two words here", id="white space"),
        pytest.param("a\x00b\x1b[31mc\x7f\x85d", "a b [31mc d", id="controls"),
        pytest.param(
            "Subject: x\r\nBcc: eve@example.com", "Subject: x Bcc: eve@example.com", id="header lines"
        ),
        pytest.param("ab\u202egpj.exe\u202c\u2066x\u2069", "abgpj.exex", id="text that turns round"),
        pytest.param("a\u200eb\u200fc\u061cd", "abcd", id="marks of direction"),
        pytest.param("fr\u200bee\u2060\ufeff \u00adof", "free of", id="zero width"),
        pytest.param("ship\U000e0073\U000e006b\U000e0069\U000e0070", "ship", id="tags"),
        pytest.param("a\u200db میدهم‌ها", "ab میدهم‌ها", id="joiners stay where they join"),
        pytest.param("{{unsubscribe_url}}", "{ {unsubscribe_url}}", id="a place for a personal link"),
        pytest.param("{{{preferences_url}}}", "{ { {preferences_url}}}", id="such a place within braces"),
        pytest.param("👩‍🔬 naïve 日本", "👩‍🔬 naïve 日本", id="letters of the world"),
        pytest.param("x" * 250, " ".join(["x" * 100, "x" * 100, "x" * 50]), id="an endless word"),
    ],
)
def test_a_text_is_one_plain_line(text: str, said: str) -> None:
    assert plain(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("short", "short"),
        ("exactly ten", "exactly ten"),
        ("one two three four", "one two…"),
        ("one two, three", "one two…"),
        ("abcdefghijklmnop", "abcdefghij…"),
    ],
)
def test_a_long_text_is_cut_between_words(text: str, said: str) -> None:
    assert shortened(text, 11) == said
    assert len(said) <= 11


@pytest.mark.parametrize(
    ("parts", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_in_words(parts: list[str], said: str) -> None:
    assert listed(parts) == said


def test_a_subject_names_what_is_first_and_counts_the_rest() -> None:
    assert default_subject([item("comparison")]) == "Ship Aider, not Zed"
    assert default_subject([item("comparison")] * 6) == "Ship Aider, not Zed, and 5 more"
    assert len(default_subject([item("comparison", "x" * 400)] * 1_000)) == MAX_SUBJECT


def test_an_intro_counts_what_there_is() -> None:
    assert default_intro([item("comparison")]) == "In this edition: 1 new comparison."
    assert default_intro([item("comparison")] * 2 + [item("crowd")] + [item("correction")] * 3) == (
        "In this edition: 2 new comparisons, 1 tool on which the crowd moved and 3 reviews corrected."
    )
    assert default_intro([item("verdict"), item("review")]) == (
        "In this edition: 1 verdict that changed and 1 review by reviewers you follow."
    )


def test_a_preheader_names_what_the_subject_does_not() -> None:
    assert preheader([item("comparison", "First"), item("crowd", "Second"), item("crowd", "Third")]) == (
        "Second; Third"
    )
    assert preheader([item("comparison", "First")]) == "Why."


@pytest.mark.parametrize(
    ("topics", "frequency", "why"),
    [
        (None, "weekly", "Because you get every topic."),
        (("dev",), "weekly", "Because you chose Developer Tools."),
        (("dev", "design"), "monthly", "Because you chose Developer Tools and Design."),
        (None, "each_comparison", "Because you asked for each new comparison."),
        (("dev",), "each_comparison", "Because you asked for each new comparison in Developer Tools."),
    ],
)
def test_each_item_says_why_it_is_in(topics: tuple[str, ...] | None, frequency: str, why: str) -> None:
    sides = [Side("a", "A", "dev", "Developer Tools"), Side("b", "B", "design", "Design")]

    assert why_topics(sides, Choices(topics, (), frequency, SINCE)) == why


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["A reviewed X"], "A reviewed X."),
        (
            ["A reviewed X", "B corrected a review of X", "C reviewed X"],
            "A reviewed X, B corrected a review of X and C reviewed X.",
        ),
        (["A reviewed X"] * 4, "A reviewed X, A reviewed X and 2 more reviews changed."),
    ],
)
def test_what_reviewers_did_in_words(changes: list[str], words: str) -> None:
    assert review_changes_in_words(changes) == words


def tool(slug: str, panel: tuple[int, int], votes: tuple[int, int] = (0, 0)) -> Evidence:
    return Evidence(slug, slug, PanelCount(*panel), TallyCount.with_bounds(*votes), "free", {})


@pytest.mark.parametrize(
    ("first", "second", "detail"),
    [
        pytest.param(
            tool("a", (2, 0)),
            tool("b", (4, 0)),
            "A verdict needs 3 reviews of each; there are 2 and 4.",
            id="too few reviews",
        ),
        pytest.param(
            tool("a", (0, 4)),
            tool("b", (4, 0)),
            "Unanimously: 4 of 4 reviewers ship it, 0 of 4 the other.",
            id="the panel, of the winner first",
        ),
        pytest.param(
            tool("a", (4, 0), (20, 80)),
            tool("b", (3, 1), (80, 20)),
            "Narrowly: 4 of 4 reviewers ship it, 3 of 4 the other. The crowd disagrees: 20% against 80%.",
            id="the panel against the crowd",
        ),
        pytest.param(
            tool("a", (4, 0), (80, 20)),
            tool("b", (2, 2), (20, 80)),
            "Clearly: 4 of 4 reviewers ship it, 2 of 4 the other. The crowd agrees: 80% against 20%.",
            id="the panel with the crowd",
        ),
        pytest.param(
            tool("a", (3, 1), (20, 80)),
            tool("b", (3, 1), (80, 20)),
            "The panel is level: 75% would ship either. The crowd decides, clearly: 80% against 20%.",
            id="the crowd",
        ),
        pytest.param(
            tool("a", (3, 1)), tool("b", (3, 1)), "The panel is level: 75% would ship either.", id="a tie"
        ),
        pytest.param(
            tool("a", (3, 1), (11, 10)),
            tool("b", (3, 1), (10, 11)),
            "The panel is level: 75% would ship either. The crowd can't tell them apart: 52% against 48%.",
            id="a tie of the crowd too",
        ),
    ],
)
def test_what_led_to_a_verdict(first: Evidence, second: Evidence, detail: str) -> None:
    verdict = decide(first=first, second=second, roster=())

    assert verdict_detail(verdict, (first, second)) == detail


@pytest.mark.parametrize(
    ("kind", "basis", "disclosure", "said"),
    [
        pytest.param("human", "tested", "", "By a person, after a test of the tool.", id="a person's test"),
        pytest.param(
            "persona", "read", "", "By a persona, from public documents, without a test.", id="a reading"
        ),
        pytest.param(
            "persona", "synthetic", "", "By a persona, without a test and without sources.", id="neither"
        ),
        pytest.param(
            "human",
            "tested",
            "works\nthere",
            "By a person, after a test of the tool. Ties to the maker: works there.",
            id="a tie",
        ),
        pytest.param(
            "human",
            "read",
            "Owns shares.",
            "By a person, from public documents, without a test. Ties to the maker: Owns shares.",
            id="a tie that ends a sentence",
        ),
    ],
)
def test_a_review_in_the_mail_says_who_wrote_it_and_on_what(
    kind: str, basis: str, disclosure: str, said: str
) -> None:
    assert review_provenance(reviewer_kind=kind, basis=basis, disclosure=disclosure) == said


def test_the_surer_verdict_ranks_first() -> None:
    def rank(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
        return comparison_rank(decide(first=tool("a", one), second=tool("b", other), roster=()))

    ranks = [
        rank((4, 0), (0, 4)),
        rank((4, 0), (2, 2)),
        rank((4, 0), (3, 1)),
        rank((4, 0), (4, 0)),
        rank((1, 0), (4, 0)),
    ]

    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        pytest.param((10, 10), (12, 8), True, id="by ten points"),
        pytest.param((91, 109), (109, 91), False, id="by nine, with the same call"),
        pytest.param((10, 9), (18, 2), True, id="of few: by the call"),
        pytest.param((0, 0), (10, 9), False, id="nobody to nineteen"),
        pytest.param((0, 0), (0, 20), True, id="nobody to a skip"),
    ],
)
def test_when_a_crowd_has_moved(before: tuple[int, int], now: tuple[int, int], moved: bool) -> None:
    assert has_moved(TallyCount.with_bounds(*before), TallyCount.with_bounds(*now)) is moved
