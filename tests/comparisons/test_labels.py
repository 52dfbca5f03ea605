"""Two tools' names where there is little room: each is short, and still the name of one of the two alone."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from comparisons.labels import labels, shortened, tell_apart

FILES = "Claude Files API"
PROVIDERS = "Hugging Face Inference Providers"
WINDSURF = "Windsurf Wave 11: Cascade Agent with Multi-File Edits and Memory"


@pytest.mark.parametrize(
    ("names", "limit", "short"),
    [
        pytest.param(("Cursor", "Zed"), 14, ("Cursor", "Zed"), id="short ones"),
        pytest.param((WINDSURF, "Zed"), 28, ("Windsurf Wave 11: Cascade…", "Zed"), id="cut after a word"),
        pytest.param((WINDSURF, "Zed"), 18, ("Windsurf Wave 11…", "Zed"), id="cut before a mark"),
        pytest.param(("A" * 40, "Zed"), 14, ("A" * 13 + "…", "Zed"), id="a word that is too long"),
        pytest.param(
            (f"{PROVIDERS} Hub", f"{PROVIDERS} Marketplace"), 28, ("…Hub", "…Marketplace"),
            id="what both begin with is left out",
        ),
        pytest.param(
            (f"{PROVIDERS} v2", PROVIDERS), 28, ("…v2", "…Providers"), id="where one is the beginning of the other",
        ),
        pytest.param(
            (f"{FILES}: Token-Efficient Tool Use", FILES), 28, ("…Token-Efficient Tool Use", FILES),
            id="where one is the beginning of the other, and short itself",
        ),
        pytest.param(
            (f"{FILES} & Token-Efficient Tool Use", FILES), 28, ("…Token-Efficient Tool Use", FILES),
            id="no mark begins what is left",
        ),
        pytest.param(("a" * 40 + "1", "A" * 40 + "2"), 28, ("…1", "…2"), id="one word that differs at its end"),
        pytest.param(
            ("Skills (karpathy-skills-of-2026-01)", "Skills (karpathy-skills-of-2026-02)"), 20, ("…1)", "…2)"),
            id="slugs that differ at their end",
        ),
    ],
)  # fmt: skip
def test_names_are_shortened_so_that_they_can_be_told_apart(
    names: tuple[str, str], limit: int, short: tuple[str, str]
) -> None:
    assert labels(*names, limit=limit) == short
    assert labels(*reversed(names), limit=limit) == short[::-1]


@pytest.mark.parametrize(
    ("names", "limit"),
    [
        pytest.param(("a" * 40, "a" * 41), 28, id="one letter"),
        pytest.param(("Agent", " ".join(["Agent"] * 9)), 28, id="one word"),
    ],
)
def test_names_that_cannot_be_told_apart_in_so_few_characters_are_none(
    names: tuple[str, str], limit: int
) -> None:
    assert labels(*names, limit=limit) is None


words = st.lists(st.sampled_from(["Claude", "Files", "API:", "API", "v2", "Agent"]), min_size=1, max_size=9)


@given(st.tuples(words, words).filter(lambda both: both[0] != both[1]), st.sampled_from([64, 36, 28, 20, 12]))
def test_no_short_name_is_the_other_one_or_its_beginning(
    both: tuple[list[str], list[str]], limit: int
) -> None:
    names = " ".join(both[0]), " ".join(both[1])
    short = labels(*names, limit=limit)
    assume(short is not None and short != names)
    assert short is not None

    for name, other, whole in (short + names[1:], short[::-1] + names[:1]):
        stem = name.strip("…")
        assert len(name) <= limit
        assert not other.strip("…").startswith(stem)
        # Cut at its end alone, it is the beginning of no other name.
        assert name[0] == "…" or name[-1] != "…" or not whole.startswith(stem)


@pytest.mark.parametrize(
    ("names", "short", "are_apart"),
    [
        (("Cursor", "Cursor Pro"), ("Cursor", "Cursor Pro"), True),
        (("Cursor", "Cursor Professional"), ("Cursor", "Cursor…"), False),
        (("Cursor One", "cursor one two"), ("Cursor…", "cursor one…"), False),
        (("Big Agent", "Agent of all"), ("…Agent", "Agent…"), False),
        (("Cursor One", "Claude Two"), ("Cursor…", "Claude…"), True),
    ],
)
def test_whole_names_may_begin_alike_and_short_ones_not(
    names: tuple[str, str], short: tuple[str, str], are_apart: bool
) -> None:
    assert tell_apart(names, short) == tell_apart(names[::-1], short[::-1]) == are_apart


def test_a_name_is_cut_after_a_word_and_marked() -> None:
    assert [shortened(WINDSURF, limit) for limit in (64, 28, 18, 8)] == [
        WINDSURF,
        "Windsurf Wave 11: Cascade…",
        "Windsurf Wave 11…",
        "Windsur…",
    ]
