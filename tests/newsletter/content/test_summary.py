"""What an edition says of itself where nobody wrote it."""

from newsletter.content.items import Because, Item
from newsletter.content.summary import MAX_SUBJECT, default_intro, default_subject, preheader


def item(kind: str, headline: str = "Ship Aider over Zed") -> Item:
    return Item(
        kind=kind,
        title="",
        mark="",
        tone="none",
        detail="Why.",
        quote="",
        path="/",
        because=Because(),
        headline=headline,
    )


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


def test_a_preheader_names_whole_stories_as_long_as_there_is_room() -> None:
    long = "Ship the long name of a tool over another tool with a name that goes on"

    assert preheader([item("comparison"), item("crowd", long), item("crowd", long)]) == long
    assert preheader([item("comparison"), item("crowd", "word " * 40)]).endswith("word…")
