"""Every form of a reason's sentence: none, one, two and many, with names that end or look like something else."""

import pytest

from comparisons.wording import (
    CHOOSERS,
    PICKERS,
    REVIEWERS,
    VOTERS,
    Answers,
    Group,
    apart,
    listed,
    of_both,
    of_choices,
    of_entries,
    of_shared,
    sentence,
)


def one_side(ship: int, total: int, group: Group, *, name: str = "Aider") -> str:
    """What the sentence says of the first tool."""
    whole = of_both("So", Answers(name, ship, total), Answers("Zed", 0, 0), group=group)
    return whole.removeprefix("So: ").removesuffix(f", nobody has {group.asked} Zed.")


@pytest.mark.parametrize(
    ("ship", "total", "group", "words"),
    [
        (0, 0, VOTERS, "nobody has voted on Aider"),
        (0, 0, REVIEWERS, "nobody has reviewed Aider"),
        (1, 1, VOTERS, "the only voter ships Aider"),
        (0, 1, VOTERS, "the only voter skips Aider"),
        (1, 1, REVIEWERS, "the only reviewer ships Aider"),
        (0, 2, VOTERS, "none of the 2 voters ships Aider"),
        (1, 2, VOTERS, "1 of 2 voters ships Aider"),
        (2, 2, VOTERS, "both voters ship Aider"),
        (0, 3, REVIEWERS, "none of the 3 reviewers ships Aider"),
        (1, 3, REVIEWERS, "1 of 3 reviewers ships Aider"),
        (2, 3, REVIEWERS, "2 of 3 reviewers ship Aider"),
        (3, 3, REVIEWERS, "all 3 reviewers ship Aider"),
        (999, 1_000, VOTERS, "999 of 1,000 voters ship Aider"),
        (1_000, 1_000, VOTERS, "all 1,000 voters ship Aider"),
        (0, 2**31 - 1, VOTERS, "none of the 2,147,483,647 voters ships Aider"),
    ],
)
def test_what_a_group_does_is_right_for_none_one_and_many(
    ship: int, total: int, group: Group, words: str
) -> None:
    assert one_side(ship, total, group) == words


@pytest.mark.parametrize("total", range(40))
def test_nobody_reads_of_nought_voters(total: int) -> None:
    for ship in range(total + 1):
        words = of_both("So", Answers("Aider", ship, total), Answers("Zed", ship, total), group=VOTERS)

        assert "0 of" not in words.replace("10 of", "").replace("20 of", "").replace("30 of", "")
        assert "of 0" not in words
        assert "of 1 voter" not in words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Zed", "So: the only voter ships Aider, the only voter skips Zed."),
        ("Acme Inc.", "So: the only voter ships Aider, the only voter skips Acme Inc."),
        ("Yahoo!", "So: the only voter ships Aider, the only voter skips Yahoo!"),
        ("Really?", "So: the only voter ships Aider, the only voter skips Really?"),
        ("GPT-4.1", "So: the only voter ships Aider, the only voter skips GPT-4.1."),
        ("{0} %s", "So: the only voter ships Aider, the only voter skips {0} %s."),
        ("All 3, of 2", "So: the only voter ships Aider, the only voter skips All 3, of 2."),
        ("<b>&amp;", "So: the only voter ships Aider, the only voter skips <b>&amp;."),
        ("שלום", "So: the only voter ships Aider, the only voter skips שלום."),
    ],
)
def test_a_name_stands_as_it_is_and_no_sentence_ends_twice(name: str, words: str) -> None:
    assert of_both("So", Answers("Aider", 1, 1), Answers(name, 0, 1), group=VOTERS) == words


@pytest.mark.parametrize(
    ("first", "second", "total", "words"),
    [
        (0, 0, 0, "No reviewer has reviewed both tools."),
        (1, 0, 1, "The only reviewer of both tools ships Aider and skips Zed."),
        (0, 0, 1, "The only reviewer of both tools skips Aider and skips Zed."),
        (0, 2, 2, "Of the two reviewers of both tools, none ships Aider and both ship Zed."),
        (1, 1, 2, "Of the two reviewers of both tools, 1 ships Aider and 1 ships Zed."),
        (0, 3, 3, "Of the 3 reviewers of both tools, none ships Aider and all ship Zed."),
        (1, 2, 3, "Of the 3 reviewers of both tools, 1 ships Aider and 2 ship Zed."),
        (1_200, 1, 1_500, "Of the 1,500 reviewers of both tools, 1,200 ship Aider and 1 ships Zed."),
    ],
)
def test_what_the_reviewers_of_both_tools_say(first: int, second: int, total: int, words: str) -> None:
    assert of_shared(Answers("Aider", first, total), Answers("Zed", second, total)) == words


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (0, "No chosen reviewer has reviewed both tools."),
        (1, "The only chosen reviewer of both tools ships Aider and skips Zed."),
        (3, "Of the 3 chosen reviewers of both tools, 1 ships Aider and none ships Zed."),
    ],
)
def test_where_not_all_were_asked_it_says_whose_reviewers_they_are(total: int, words: str) -> None:
    assert of_shared(Answers("Aider", 1, total), Answers("Zed", 0, total), whose="chosen ") == words


def test_entries_are_told_apart_or_together() -> None:
    assert of_entries(("Aider", "free"), ("Zed", "free")) == "Both tools are free to start."
    assert (
        of_entries(("Aider", "free"), ("Zed", "paid"))
        == "Aider is free to start, Zed is paid from the start."
    )


def test_tools_of_one_name_get_their_slugs() -> None:
    assert apart(("Aider", "aider"), ("Zed", "zed")) == ("Aider", "Zed")
    assert apart(("Aider", "aider"), ("aIDER ", "aider-2")) == ("Aider (aider)", "aIDER  (aider-2)")


def test_a_sentence_ends_once() -> None:
    assert sentence("So") == "So."
    assert sentence("Say so!") == "Say so!"


@pytest.mark.parametrize(
    ("first", "second", "neither", "words"),
    [
        (0, 1, 0, "It says: no reviewer chooses Aider, 1 reviewer chooses Zed."),
        (2, 0, 0, "It says: 2 reviewers choose Aider, no reviewer chooses Zed."),
        (1_200, 1, 1, "It says: 1,200 reviewers choose Aider, 1 reviewer chooses Zed, 1 sees no difference."),
        (0, 0, 2, "It says: no reviewer chooses Aider, no reviewer chooses Zed, 2 see no difference."),
    ],
)
def test_how_many_choose_each(first: int, second: int, neither: int, words: str) -> None:
    assert of_choices("It says", ("Aider", first), ("Zed", second), group=CHOOSERS, neither=neither) == words


def test_readers_pick_and_a_name_may_end_the_sentence() -> None:
    words = of_choices("It says", ("Aider", 1), ("Zed!", 2), group=PICKERS)

    assert words == "It says: 1 reader picks Aider, 2 readers pick Zed!"


@pytest.mark.parametrize(
    ("parts", "words"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_in_a_row(parts: list[str], words: str) -> None:
    assert listed(parts) == words
