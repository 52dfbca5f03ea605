"""Foreign text in the mail: cleaned, without marks, shortened, listed."""

import pytest

from newsletter.content.words import excerpt, listed, plain, prose, sentence, shortened


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
        pytest.param("{{{preferences_url}}}", "{{ {preferences_url}}}", id="such a place within braces"),
        pytest.param("{{x}} {{", "{{x}} {{", id="other braces"),
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
    ("text", "said"),
    [
        pytest.param("Short. And whole.", "Short. And whole.", id="all of it"),
        pytest.param("It works well. It is slow though, and dear.", "It works well. …", id="a sentence"),
        pytest.param(
            "“It works well.” It is slow though, and dear.", "“It works well.” …", id="what was said"
        ),
        pytest.param(
            "Ok. It is slow though, and very dear.",
            "Ok. It is slow though…",
            id="a sentence that is too short",
        ),
        pytest.param("It needs v2. something or other to run.", "It needs v2. something…", id="no end"),
        pytest.param("It costs 3.50 a month and more later.", "It costs 3.50 a month…", id="a number"),
    ],
)
def test_a_quote_ends_at_a_sentence_or_at_a_word(text: str, said: str) -> None:
    assert excerpt(text, 24) == said


@pytest.mark.parametrize(
    ("parts", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_in_words(parts: list[str], said: str) -> None:
    assert listed(parts) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("Run `pip install` first.", "Run pip install first.", id="code"),
        pytest.param("It is **fast** and *small*, ~~dear~~.", "It is fast and small, dear.", id="weight"),
        pytest.param("See [the docs](https://evil.example) of it.", "See the docs of it.", id="a link"),
        pytest.param("![a chart](https://evil.example/x.png) shows it", "a chart shows it", id="a picture"),
        pytest.param(
            "# Verdict\n\n- fast\n- small\n> so they say", "Verdict fast small so they say", id="blocks"
        ),
        pytest.param("```python\nprint(1)\n```", "print(1)", id="a fence"),
        pytest.param("5*3*2 and 2**10", "5*3*2 and 2**10", id="a sum"),
        pytest.param("3 * 4 * 5 and snake_case_name", "3 * 4 * 5 and snake_case_name", id="no marks"),
        pytest.param("C# at 5 > 4, `", "C# at 5 > 4, `", id="marks that mark nothing"),
        pytest.param("2. Place", "2. Place", id="a number"),
        pytest.param("a\\_b &lt;b&gt; <i>x</i>", "a\\_b &lt;b&gt; <i>x</i>", id="no HTML and no escapes"),
        pytest.param("[x](javascript:alert(1))", "[x](javascript:alert(1))", id="a link that is none"),
        pytest.param("`{{unsubscribe_url}}`", "{ {unsubscribe_url}}", id="a place for a personal link"),
    ],
)
def test_prose_has_no_raw_markdown(text: str, said: str) -> None:
    assert prose(text) == said


@pytest.mark.parametrize(
    ("text", "said"), [("works\nthere", "works there."), ("Is it?", "Is it?"), ("`Yes`!", "Yes!")]
)
def test_a_sentence_has_an_end(text: str, said: str) -> None:
    assert sentence(text) == said
