"""One reader, one key: spellings that are the same, those that are not, and what is no address at all."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.readers.addresses import InvalidAddress, address_key, canonical, mailbox_key, masked
from tests.newsletter.payloads import HEADER_INJECTIONS

INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u2066", "\U000e0061"]
DOMAINS = [
    ("example.com", "EXAMPLE.com"),
    ("münchen.de", "xn--mnchen-3ya.de"),
    ("münchen.de", "MÜNCHEN.DE"),
    ("bücher.example", "bu\u0308cher.example"),
    ("example.co.uk", "ｅｘａｍｐｌｅ.co.uk"),
    ("例え.jp", "xn--r8jz45g.jp"),
    ("example.org", "example。org"),
]


def in_capitals(address: str, chance: random.Random) -> str:
    local, _, domain = address.rpartition("@")
    return "".join(chance.choice([each.lower(), each.upper()]) for each in local) + "@" + domain


def full_width(address: str, chance: random.Random) -> str:
    place = chance.randrange(address.index("@"))
    letter = address[place]
    wide = chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter
    return address[:place] + wide + address[place + 1 :]


def with_something_invisible(address: str, chance: random.Random) -> str:
    place = chance.randrange(len(address) + 1)
    return address[:place] + chance.choice(INVISIBLE) + address[place:]


def with_spaces_around(address: str, chance: random.Random) -> str:
    return " " * chance.randrange(3) + address + " " * chance.randrange(3)


CHANGES: list[Callable[[str, random.Random], str]] = [
    in_capitals,
    full_width,
    with_something_invisible,
    with_spaces_around,
]


def equivalent_pairs(number: int) -> list[tuple[str, str]]:
    chance = random.Random(2611)
    pairs = []
    for n in range(number):
        plain, other = chance.choice(DOMAINS)
        local = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=8)) + chance.choice(
            ["", ".x", "+tag", "_y", "-z"]
        )
        spelling = f"{local}@{other}"
        for change in chance.sample(CHANGES, k=n % len(CHANGES) + 1):
            spelling = change(spelling, chance)
        pairs.append((f"{local}@{plain}", spelling))
    return pairs


def test_a_thousand_pairs_of_equal_spellings_have_one_key_each() -> None:
    pairs = equivalent_pairs(1_000)

    keys = [{address_key(one), address_key(other)} for one, other in pairs]

    assert sum(one != other for one, other in pairs) > 950
    assert {len(pair) for pair in keys} == {1}
    assert len({key for pair in keys for key in pair}) == len({canonical(one) for one, _ in pairs})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("ada@example.com", "ada@example.org", id="another domain"),
        pytest.param("ada@example.com", "adb@example.com", id="another local part"),
        pytest.param("ada@example.com", "ada+news@example.com", id="a tag"),
        pytest.param("ada@example.com", "a.da@example.com", id="a dot"),
        pytest.param("ada@straße.de", "ada@strasse.de", id="sharp s"),
    ],
)
def test_what_may_be_another_mailbox_has_another_key(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize(
    "spelling", ["ada+news@example.com", "a.d.a@example.com", "ADA+a.b+c@example.com", "ada@EXAMPLE.com"]
)
def test_tags_and_dots_lead_to_one_mailbox(spelling: str) -> None:
    assert mailbox_key(spelling) == mailbox_key("ada@example.com") != address_key("ada@example.com")


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("o'brien+x=y@sub.example.co", "o'brien+x=y@sub.example.co"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
        (f"a@{'b' * 63}.com", f"a@{'b' * 63}.com"),
    ],
)
def test_the_canonical_spelling_is_plain_ascii(spelling: str, expected: str) -> None:
    assert canonical(spelling) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("ada", id="no at"),
        pytest.param("@example.com", id="no local part"),
        pytest.param("ada@", id="no domain"),
        pytest.param("ada@localhost", id="no dot"),
        pytest.param("ada@example.", id="a dot at the end of one label"),
        pytest.param("ada@example.com.", id="a dot at the end"),
        pytest.param("ada@.example.com", id="a dot before the domain"),
        pytest.param("ada@exa..mple.com", id="an empty label"),
        pytest.param("ada@[127.0.0.1]", id="an address literal"),
        pytest.param("ada@[IPv6:::1]", id="an IPv6 literal"),
        pytest.param("ada@127.0.0.1", id="a host's numbers"),
        pytest.param("ada@exa_mple.com", id="an underscore in the domain"),
        pytest.param("ada@-example.com", id="a hyphen first"),
        pytest.param(f"ada@{'b' * 64}.com", id="a long label"),
        pytest.param(f"{'a' * 65}@example.com", id="a long local part"),
        pytest.param(f"a@{'b.' * 130}com", id="a long domain"),
        pytest.param("a" * 100_000, id="a very long text"),
        pytest.param("a@" + "x." * 50_000 + "com", id="very many labels"),
        pytest.param(".ada@example.com", id="a dot first"),
        pytest.param("ada.@example.com", id="a dot last"),
        pytest.param("a..da@example.com", id="two dots"),
        pytest.param('"a da"@example.com', id="quotes"),
        pytest.param("ada(comment)@example.com", id="a comment"),
        pytest.param("a da@example.com", id="a space"),
        pytest.param("ada@eve@example.com", id="two ats"),
        pytest.param("Ada <ada@example.com>", id="a name before"),
        pytest.param("ada@example.com,eve@example.com", id="two addresses"),
        pytest.param("ädä@example.com", id="a local part beyond ASCII"),
        pytest.param("straße@example.com", id="sharp s in the local part"),
        pytest.param("аda@example.com", id="a Cyrillic letter"),
        pytest.param("ada@xn--zzzzzzzz.de", id="A-labels of nothing"),
        pytest.param("ada\ud800@example.com", id="a lone surrogate"),
        *(
            pytest.param(f"ada{end}@example.com", id=f"{end!r}")
            for end in "\x00\r\n\t\x0b\x7f\x85\u2028\u2029"
        ),
        pytest.param("ada@example.com\r\nBcc: eve@example.com", id="a header behind it"),
    ],
)
def test_what_we_cannot_write_to_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        canonical(text)


@pytest.mark.parametrize("payload", HEADER_INJECTIONS, ids=repr)
def test_no_header_hides_in_an_address(payload: str) -> None:
    for text in (payload, f"ada{payload}@example.com", f"ada@example.com{payload}", f"ada@{payload}.com"):
        with pytest.raises(InvalidAddress):
            canonical(text)


@given(st.text(max_size=400))
def test_any_text_is_refused_or_has_a_spelling_that_stays(text: str) -> None:
    try:
        spelling = canonical(text)
    except InvalidAddress:
        return

    assert canonical(spelling) == spelling
    assert spelling.isascii()
    assert spelling.isprintable()


def test_lists_show_the_first_letter_alone() -> None:
    assert masked("ada@example.com") == "a…@example.com"
