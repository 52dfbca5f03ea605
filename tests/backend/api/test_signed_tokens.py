"""What is signed by us, to the letter and for its purpose alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.signed_tokens import MAX_TOKEN_LENGTH, InvalidSignatureError, sign, verify

OLD, NEW = {"old": b"o" * 32}, {"new": b"n" * 32}


@given(st.binary(max_size=40))
def test_what_was_signed_is_read_again(payload: bytes) -> None:
    assert verify(NEW, "links/v1", sign(NEW, "links/v1", payload)) == payload


def test_the_first_key_signs_and_all_verify() -> None:
    text = sign(OLD, "links/v1", b"payload")

    assert verify({**NEW, **OLD}, "links/v1", text) == b"payload"
    assert sign({**NEW, **OLD}, "links/v1", b"payload").startswith("v1.new.")


@pytest.mark.parametrize(
    ("ring", "purpose"),
    [
        pytest.param(NEW, "links/v2", id="another purpose"),
        pytest.param(OLD, "links/v1", id="a ring without the key"),
        pytest.param({"new": b"x" * 32}, "links/v1", id="another secret under the same id"),
    ],
)
def test_it_is_good_for_one_purpose_under_one_key(ring: dict[str, bytes], purpose: str) -> None:
    with pytest.raises(InvalidSignatureError):
        verify(ring, purpose, sign(NEW, "links/v1", b"payload"))


def test_no_letter_of_it_can_be_another() -> None:
    text = sign(NEW, "links/v1", b"payload")
    altered = [
        text[:place] + letter + text[place + 1 :] for place in range(len(text)) for letter in "AZaz09-_.="
    ]

    accepted = [each for each in altered if each != text and is_accepted(each)]

    assert accepted == []


@pytest.mark.parametrize(
    "text", ["", ".", "...", "v1.new..", "v1.new.é.A", "v1.new." + "A" * MAX_TOKEN_LENGTH, "v1.new.A\n.A"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    assert not is_accepted(text)


def is_accepted(text: str) -> bool:
    try:
        verify(NEW, "links/v1", text)
    except InvalidSignatureError:
        return False
    return True
