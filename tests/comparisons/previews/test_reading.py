"""Answers of the API as people read them: parts with headings, labels in words, nothing empty, and never markup."""

import re
from typing import Any

import pytest

from comparisons.previews.reading import readable


@pytest.mark.parametrize(
    ("answer", "html"),
    [
        pytest.param({"editor_note": "<b>"}, "<dt>Editor note</dt><dd>&lt;b&gt;</dd>", id="text"),
        pytest.param({"free_tier": True}, "<dt>Free tier</dt><dd>yes</dd>", id="yes"),
        pytest.param({"margin": 0}, "<dt>Margin</dt><dd>0</dd>", id="zero"),
        pytest.param({"kind": "both_ship"}, "<dt>Kind</dt><dd>both ship</dd>", id="a code"),
        pytest.param(
            {"updated_at": "2026-11-02T09:30:00Z"}, "<dt>Changed</dt><dd>2026-11-02 09:30 UTC</dd>", id="a time"
        ),
        pytest.param(
            {"website": "https://example.com/?a=1&b=2"},
            '<dt>Website</dt><dd><a href="https://example.com/?a=1&amp;b=2" rel="noreferrer">'
            "https://example.com/?a=1&amp;b=2</a></dd>",
            id="an address",
        ),
        pytest.param(
            {"panel": {"ship": 3, "skip": 1, "total": 4, "percent": 75, "call": "ship"}},
            "<dt>Panel</dt><dd>3 of 4 ship, 75 %</dd>",
            id="counts",
        ),
        pytest.param(
            {"community": {"ship": 0, "skip": 0, "total": 0, "percent": None, "status": "none"}},
            "<dt>Readers’ votes</dt><dd>none</dd>",
            id="no counts",
        ),
        pytest.param({"evidence": ["One."]}, "<dt>Evidence</dt><dd>One.</dd>", id="a list of one"),
        pytest.param(
            {"reviewer": {"slug": "builder", "name": "The Builder", "kind": "persona", "lens": "Would I?"}},
            "<dt>Reviewer</dt><dd>The Builder</dd>",
            id="a reviewer",
        ),
        pytest.param(
            {"category": {"slug": "editors", "name": "Editors"}}, "<dt>Category</dt><dd>Editors</dd>", id="a name"
        ),
    ],
)  # fmt: skip
def test_a_fact_is_a_line(answer: dict[str, Any], html: str) -> None:
    assert readable(answer) == f"<section><dl><div>{html}</div></dl></section>"


def test_each_thing_that_says_more_has_a_part_with_a_heading() -> None:
    shown = readable(
        {
            "pricing": {"entry": "paid", "unit": None},
            "name": "Cursor",
            "fits": [{"note": "One."}, {"note": "Two."}],
        }
    )

    assert shown == (
        "<section><dl><div><dt>Name</dt><dd>Cursor</dd></div></dl></section>"
        "<section><h2>Price</h2><dl><div><dt>Label</dt><dd>paid</dd></div></dl></section>"
        "<section><h2>Choose it if</h2><ul>"
        "<li><dl><div><dt>Note</dt><dd>One.</dd></div></dl></li>"
        "<li><dl><div><dt>Note</dt><dd>Two.</dd></div></dl></li></ul></section>"
    )


@pytest.mark.parametrize(
    "empty",
    [None, "", [], {}, [None, None], {"note": None, "evidence": []}, [{"note": ""}]],
    ids=str,
)
def test_what_says_nothing_has_no_line(empty: object) -> None:
    assert readable({"name": "Cursor", "panel": empty}) == readable({"name": "Cursor"})


def test_a_reason_is_its_sentence_and_not_its_code() -> None:
    level = {
        "code": "panel_level",
        "favors": None,
        "detail": "The panel is level.",
        "params": {"ship": [4, 4]},
    }
    cheaper = {"code": "cheaper_to_start", "favors": "aider", "detail": "Aider is free.", "params": {}}

    assert (
        "<ul><li>The panel is level.</li><li><dl><div><dt>Reason</dt><dd>Aider is free.</dd></div>"
        in readable({"reasons": [level, cheaper]})
    )
    shown = readable({"reasons": [level, cheaper]})
    assert "<div><dt>Speaks for</dt><dd>aider</dd></div>" in shown
    assert "panel level" not in shown
    assert "Code" not in shown
    # Without a sentence the code is all that there is.
    assert "no votes" in readable({"reasons": [{"code": "no_votes"}]})


def test_of_two_tools_the_one_that_says_nothing_keeps_its_place() -> None:
    assert "<ul><li>–</li><li>ship</li></ul>" in readable({"reviews": [None, "ship"]})


def test_what_is_for_programs_is_left_to_the_json() -> None:
    shown = readable({"id": "019a", "verdict": {"winner": "cursor", "replay": {"rule": "2026-12"}}})

    assert re.findall("<dt>(.*?)</dt>", shown) == ["Winner"]
