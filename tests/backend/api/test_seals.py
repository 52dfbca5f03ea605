"""What is sealed by us, to the letter and for its purpose alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.seals import MAX_SEALED_LENGTH, BrokenSealError, seal, unseal

OLD, NEW = {"old": b"o" * 32}, {"new": b"n" * 32}


@given(st.binary(max_size=40))
def test_what_was_sealed_is_read_again(payload: bytes) -> None:
    assert unseal(NEW, "links/v1", seal(NEW, "links/v1", payload)) == payload


def test_the_first_key_seals_and_all_read() -> None:
    text = seal(OLD, "links/v1", b"payload")

    assert unseal({**NEW, **OLD}, "links/v1", text) == b"payload"
    assert seal({**NEW, **OLD}, "links/v1", b"payload").startswith("v1.new.")


@pytest.mark.parametrize(
    ("ring", "purpose"),
    [
        pytest.param(NEW, "links/v2", id="another purpose"),
        pytest.param(OLD, "links/v1", id="a ring without the key"),
        pytest.param({"new": b"x" * 32}, "links/v1", id="another secret under the same id"),
    ],
)
def test_it_is_good_for_one_purpose_under_one_key(ring: dict[str, bytes], purpose: str) -> None:
    with pytest.raises(BrokenSealError):
        unseal(ring, purpose, seal(NEW, "links/v1", b"payload"))


def test_no_letter_of_it_can_be_another() -> None:
    text = seal(NEW, "links/v1", b"payload")
    altered = [
        text[:place] + letter + text[place + 1 :] for place in range(len(text)) for letter in "AZaz09-_.="
    ]

    accepted = [each for each in altered if each != text and is_accepted(each)]

    assert accepted == []


@pytest.mark.parametrize(
    "text", ["", ".", "...", "v1.new..", "v1.new.é.A", "v1.new." + "A" * MAX_SEALED_LENGTH, "v1.new.A\n.A"]
)
def test_what_is_no_seal_is_refused(text: str) -> None:
    assert not is_accepted(text)


def is_accepted(text: str) -> bool:
    try:
        unseal(NEW, "links/v1", text)
    except BrokenSealError:
        return False
    return True
