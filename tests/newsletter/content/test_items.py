"""Why something is in the mail, and names in subject lines."""

import pytest

from newsletter.content.items import (
    MAX_NAME_IN_SUBJECT,
    Because,
    Choices,
    Item,
    Side,
    because_of_following,
    because_of_topics,
    brief,
    told_apart,
)
from tests.newsletter.editions import SINCE


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

    assert because_of_topics(sides, Choices(topics, (), frequency, SINCE)).sentence() == why


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        pytest.param([Because()], "", id="for everybody"),
        pytest.param([Because(gets_every_topic=True)] * 3, "Because you get every topic.", id="one thrice"),
        pytest.param(
            [Because(topics=("A", "B")), Because(), Because(topics=("B", "C"))],
            "Because you chose A, B and C.",
            id="topics",
        ),
        pytest.param(
            [because_of_following("The\nSkeptic"), Because(gets_every_topic=True)],
            "Because you get every topic, and follow The Skeptic.",
            id="both",
        ),
    ],
)
def test_reasons_of_several_items_are_one_sentence(reasons: list[Because], said: str) -> None:
    total = Because()
    for reason in reasons:
        total |= reason

    assert total.sentence() == said


def test_a_long_name_is_cut_in_a_subject() -> None:
    assert len(brief("word " * 40)) <= MAX_NAME_IN_SUBJECT


def test_items_of_one_title_are_told_apart_by_their_pages() -> None:
    def item(title: str, path: str) -> Item:
        return Item(
            kind="crowd",
            title=title,
            mark="",
            tone="none",
            detail="",
            quote="",
            path=path,
            because=Because(),
            headline="",
        )

    items = [item("Aider", "/tools/aider"), item("Aider", "/tools/aider-2"), item("Zed", "/tools/zed")]

    assert [each.title for each in told_apart(items)] == ["Aider (aider)", "Aider (aider-2)", "Zed"]
    assert [each.title for each in told_apart([items[0], items[0]])] == ["Aider", "Aider"]
