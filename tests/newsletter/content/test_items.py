"""The words of an edition: cleaned, shortened, counted."""

import pytest

from comparisons.evidence import PairEvidence
from comparisons.verdict import decide
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
    rule_item,
    shortened,
    verdict_detail,
    why_topics,
)
from tests.comparisons.evidence import pair
from tests.newsletter.editions import SINCE
from votes.tally import TallyCount


def item(kind: str, headline: str = "Ship Aider over Zed") -> Item:
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
    assert default_subject([item("comparison")]) == "Ship Aider over Zed"
    assert default_subject([item("comparison")] * 6) == "Ship Aider over Zed, and 5 more"
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


@pytest.mark.parametrize(
    ("found", "detail"),
    [
        pytest.param(
            pair("++", "++++"),
            "A verdict needs 3 reviewers of both tools; 2 have reviewed both so far.",
            id="too few reviewers of both",
        ),
        pytest.param(
            pair("+ ", " +"),
            "A verdict needs 3 reviewers of both tools; nobody has reviewed both so far.",
            id="none of both",
        ),
        pytest.param(
            pair("----", "++++"),
            "Unanimously: 4 of 4 reviewers of both ship it, 0 the other.",
            id="the panel, of the winner first",
        ),
        pytest.param(
            pair("++++", "+++-", votes=((20, 80), (80, 20))),
            "Narrowly: 4 of 4 reviewers of both ship it, 3 the other. The crowd disagrees: 20% against 80%.",
            id="the panel against the crowd",
        ),
        pytest.param(
            pair("++++", "++--", votes=((80, 20), (20, 80))),
            "Clearly: 4 of 4 reviewers of both ship it, 2 the other. The crowd agrees: 80% against 20%.",
            id="the panel with the crowd",
        ),
        pytest.param(
            pair("+++-", "++-+", "bbba"),
            "Asked to choose, the panel says so clearly: 3 to 1.",
            id="those who chose, of the winner first",
        ),
        pytest.param(
            pair("+++-", "+++-", votes=((20, 80), (80, 20))),
            "The panel doesn't decide. The crowd does, clearly: 80% against 20%.",
            id="the crowd",
        ),
        pytest.param(
            pair("+++-", "+++-", picks=(54, 106)),
            "Neither panel nor crowd decides. Readers pick it narrowly: 106 to 54.",
            id="picks",
        ),
        pytest.param(
            pair("+++-", "+++-"),
            "The panel is level: 3 of 4 reviewers of both would ship either.",
            id="a tie",
        ),
        pytest.param(
            pair("+++-", "+++-", votes=((11, 10), (10, 11))),
            "The panel is level: 3 of 4 reviewers of both would ship either. "
            "The crowd can't tell them apart: 52% against 48%.",
            id="a tie of the crowd too",
        ),
    ],
)
def test_what_led_to_a_verdict(found: PairEvidence, detail: str) -> None:
    assert verdict_detail(decide(found)) == detail


@pytest.mark.parametrize(
    ("pairs", "turned", "detail"),
    [
        (1, 0, "Of the only pair, none has another answer than before."),
        (48, 1, "Of 48 pairs, one has another answer than before."),
        (2_500, 1_200, "Of 2,500 pairs, 1,200 have another answer than before."),
    ],
)
def test_another_rule_is_one_line(pairs: int, turned: int, detail: str) -> None:
    told = rule_item(rule="2026-12", pairs=pairs, turned=turned)

    assert told.detail == f"Verdicts are found by rule 2026-12 now. {detail}"
    assert (told.kind, told.title, told.mark) == ("verdict", "The rule of verdicts changed", "Rule 2026-12")


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
    panels = [("++++", "----"), ("++++", "++--"), ("++++", "+++-"), ("++++", "++++"), ("+", "++++")]

    ranks = [comparison_rank(decide(pair(one, other))) for one, other in panels]

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
