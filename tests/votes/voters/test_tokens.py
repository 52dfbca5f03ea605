"""What is a voter token of ours, to the letter, and that nothing else is."""

import base64
import hmac
import random
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from rest_framework.request import Request

from backend.api.credentials import WrongScheme
from backend.api.signed_tokens import MAX_TOKEN_LENGTH, InvalidSignatureError, sign, verify
from votes.voters.tokens import (
    ExpiredVoterToken,
    InvalidVoterToken,
    VoterRefusal,
    issue_token,
    read_token,
    voter_token_of,
)

NOW = datetime(2026, 11, 2, 9, 30, 0, 250_000, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture(autouse=True)
def two_keys(settings: Settings) -> None:
    settings.VOTER_KEYS = {"new": NEW, "old": OLD}
    settings.VOTER_PEPPER = b"p" * 32
    settings.VOTER_TOKEN_DAYS = 180


def issued(*, assurance: int = 0, now: datetime = NOW) -> str:
    return issue_token(assurance=assurance, now=now).token


def is_accepted(text: str, *, now: datetime = NOW) -> bool:
    """Whether it is read; anything raised but the two refusals fails the test."""
    try:
        read_token(text, now=now)
    except (InvalidVoterToken, ExpiredVoterToken):
        return False
    return True


class TestIssuing:
    def test_a_token_says_what_it_was_issued_with(self) -> None:
        given_out = issue_token(assurance=2, now=NOW)

        voter = read_token(given_out.token, now=NOW)

        assert (voter.assurance, voter.issued_at) == (2, NOW.replace(microsecond=0))
        assert given_out.assurance == 2
        assert given_out.expires_at == voter.expires_at == voter.issued_at + timedelta(days=180)

    def test_every_voter_is_another(self) -> None:
        assert len({read_token(issued(), now=NOW).voter_id for _ in range(1_000)}) == 1_000

    def test_the_key_at_rest_is_an_hmac_of_the_id_under_the_pepper(self) -> None:
        voter = read_token(issued(), now=NOW)

        assert voter.key == hmac.digest(b"p" * 32, voter.voter_id, "sha256")

    def test_the_mac_is_over_purpose_key_id_and_payload_each_behind_its_length(self) -> None:
        version, key_id, payload, mac = issued().split(".")

        raw = base64.urlsafe_b64decode(payload + "==")
        message = b"\0\0\0\x08voter/v1" + b"\0\0\0\x03new" + b"\0\0\0\x15" + raw
        whole = hmac.digest(NEW, message, "sha256")
        assert (version, key_id) == ("v1", "new")
        assert mac == base64.urlsafe_b64encode(whole[:16]).decode().rstrip("=")

    def test_no_token_is_too_long_to_be_read(self, settings: Settings) -> None:
        settings.VOTER_KEYS = {"k" * 16: NEW}

        assert len(issued()) < MAX_TOKEN_LENGTH
        assert is_accepted(issued())


class TestKeys:
    def test_the_first_key_signs_and_all_verify(self, settings: Settings) -> None:
        settings.VOTER_KEYS = {"old": OLD}
        before = issued()

        settings.VOTER_KEYS = {"new": NEW, "old": OLD}

        assert before.startswith("v1.old.")
        assert issued().startswith("v1.new.")
        assert is_accepted(before)

    def test_a_key_that_is_gone_verifies_nothing(self, settings: Settings) -> None:
        token = issued()
        settings.VOTER_KEYS = {"old": OLD}

        assert not is_accepted(token)

    def test_a_key_that_was_replaced_under_its_id_verifies_nothing(self, settings: Settings) -> None:
        token = issued()
        settings.VOTER_KEYS = {"new": b"x" * 32}

        assert not is_accepted(token)


@pytest.mark.parametrize(
    ("age", "refusal"),
    [
        pytest.param(timedelta(days=180, seconds=1), ExpiredVoterToken, id="a second too old"),
        pytest.param(timedelta(days=180), ExpiredVoterToken, id="at its end"),
        pytest.param(timedelta(seconds=-61), InvalidVoterToken, id="from beyond the clocks' difference"),
    ],
)
def test_a_token_out_of_its_time_is_refused(age: timedelta, refusal: type[Exception]) -> None:
    moment = NOW.replace(microsecond=0)
    token = issued(now=moment - age)

    with pytest.raises(refusal):
        read_token(token, now=moment)


@pytest.mark.parametrize(
    "age",
    [
        pytest.param(timedelta(days=180, seconds=-1), id="in its last second"),
        pytest.param(timedelta(seconds=-60), id="from a clock that is a minute ahead"),
    ],
)
def test_a_token_within_its_time_is_read(age: timedelta) -> None:
    moment = NOW.replace(microsecond=0)

    assert is_accepted(issued(now=moment - age), now=moment)


class TestForgery:
    """10,000 mutations of tokens, of which none is accepted."""

    def test_no_flipped_bit_is_accepted(self) -> None:
        chance = random.Random(2611)
        token = issued().encode()

        flipped = []
        for _ in range(4_000):
            place, bit = chance.randrange(len(token)), 1 << chance.randrange(8)
            raw = bytes([*token[:place], token[place] ^ bit, *token[place + 1 :]])
            flipped.append(raw.decode("latin-1"))

        assert not any(map(is_accepted, flipped))

    def test_no_bit_of_what_is_encoded_can_be_flipped(self) -> None:
        version, key_id, *encoded = issued().split(".")
        parts = [base64.urlsafe_b64decode(part + "==") for part in encoded]

        flipped = []
        for index, part in enumerate(parts):
            for bit in range(8 * len(part)):
                raw = list(parts)
                raw[index] = (int.from_bytes(part, "big") ^ 1 << bit).to_bytes(len(part), "big")
                texts = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in raw]
                flipped.append(".".join([version, key_id, *texts]))

        assert len(flipped) == 8 * (21 + 16)
        assert not any(map(is_accepted, flipped))

    def test_no_part_of_a_token_is_accepted(self) -> None:
        token = issued()

        cut = [token[start:end] for start in range(len(token)) for end in range(start, len(token) + 1)]

        assert len(cut) > 1_700
        assert not any(is_accepted(text) for text in cut if text != token)

    def test_no_splice_of_two_tokens_is_accepted(self) -> None:
        tokens = [issued(assurance=0), issued(assurance=2), issued(now=NOW - timedelta(days=1))]
        splices = [
            one[:place] + other[place:]
            for one in tokens
            for other in tokens
            for place in range(len(one))
            if one != other
        ]

        assert not any(is_accepted(text) for text in splices if text not in tokens)

    def test_no_letter_can_be_spelled_otherwise(self) -> None:
        token = issued()

        spelled = [
            token[:place] + letter + token[place + 1 :]
            for place in range(len(token))
            for letter in BASE64URL + "+/= .%\0é١"
        ]

        assert len(spelled) > 4_000
        assert not any(is_accepted(text) for text in spelled if text != token)

    @pytest.mark.parametrize(
        "respelled",
        [
            pytest.param(lambda token: token + "=", id="padding"),
            pytest.param(lambda token: token.replace(".", "=."), id="padding of every part"),
            pytest.param(lambda token: token + " ", id="a space behind"),
            pytest.param(lambda token: " " + token, id="a space before"),
            pytest.param(lambda token: token + "\n", id="a line break"),
            pytest.param(lambda token: token.upper(), id="upper case"),
            pytest.param(lambda token: token.replace("v1", "V1"), id="another case of the version"),
            pytest.param(lambda token: token.replace("v1", "v2"), id="another version"),
            pytest.param(lambda token: token.replace("v1", "v١"), id="a digit of another script"),
            pytest.param(lambda token: token.replace("new", "old"), id="another key"),
            pytest.param(lambda token: token.replace("new", "none"), id="a key that there never was"),
            pytest.param(lambda token: token.replace("new", ""), id="no key"),
            pytest.param(lambda token: token + ".", id="a part too many"),
            pytest.param(lambda token: token.replace(".", ".\u200b", 1), id="a letter that nobody sees"),
            pytest.param(lambda token: token + "\ud800", id="a lone surrogate"),
            pytest.param(lambda token: token + token, id="twice"),
            pytest.param(lambda token: "", id="nothing"),
            pytest.param(lambda token: "...", id="nothing but dots"),
        ],
    )
    def test_there_is_one_spelling(self, respelled: object) -> None:
        assert callable(respelled)

        assert not is_accepted(respelled(issued()))

    def test_what_is_signed_for_another_purpose_is_no_token(self, settings: Settings) -> None:
        payload = verify(settings.VOTER_KEYS, "voter/v1", issued())

        for purpose in ("challenge/v1", "voter/v", "voter/v11", ""):
            assert not is_accepted(sign(settings.VOTER_KEYS, purpose, payload))
        with pytest.raises(InvalidSignatureError):
            verify(settings.VOTER_KEYS, "challenge/v1", issued())

    @given(st.text())
    def test_no_text_at_all_raises_anything_else(self, text: str) -> None:
        assert not is_accepted(text)

    @given(
        st.lists(
            st.one_of(st.sampled_from(["v1", "new", "old", ""]), st.text(alphabet=BASE64URL, max_size=40)),
            min_size=3,
            max_size=5,
        )
    )
    def test_nothing_of_the_form_of_a_token_is_accepted(self, parts: list[str]) -> None:
        assert not is_accepted(".".join(parts))

    def test_a_huge_text_is_refused_before_anything_is_made_of_it(self) -> None:
        huge = "v1.new." + "A" * 50_000_000 + ".AAAA"

        tracemalloc.start()
        try:
            accepted = is_accepted(huge)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert not accepted
        assert peak < 100_000


class TestHeader:
    @pytest.mark.parametrize("scheme", ["Voter", "voter", "VOTER"])
    def test_the_voter_is_read_from_requests_of_django_and_of_drf(self, scheme: str) -> None:
        token = issued()
        request = RequestFactory().get("/", headers={"Authorization": f"{scheme} {token}"})

        voters = [voter_token_of(each, now=NOW) for each in (request, Request(request))]

        assert voters == [read_token(token, now=NOW)] * 2

    def test_without_the_header_credentials_are_asked_for(self) -> None:
        with pytest.raises(VoterRefusal) as refusal:
            voter_token_of(RequestFactory().get("/"), now=NOW)

        assert refusal.value.default_code == "not_authenticated"

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("Voter", id="no token"),
            pytest.param("Voter ", id="an empty token"),
            pytest.param("Voter {token} ", id="a space behind"),
            pytest.param("Voter {token}, Voter {token}", id="two credentials"),
            pytest.param("Voter token={token}", id="a parameter"),
            pytest.param("Voter é", id="not ASCII"),
        ],
    )
    def test_anything_else_behind_the_scheme_is_an_invalid_token(self, header: str) -> None:
        request = RequestFactory().get("/", HTTP_AUTHORIZATION=header.format(token=issued()))

        with pytest.raises(InvalidVoterToken):
            voter_token_of(request, now=NOW)

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("{token}", id="no scheme"),
            pytest.param(" Voter {token}", id="a space before"),
            pytest.param("Voter\t{token}", id="a tab"),
            pytest.param("Bearer {token}", id="another scheme"),
            pytest.param("Basic dTpw", id="Basic"),
        ],
    )
    def test_another_scheme_says_nothing_of_the_token(self, header: str) -> None:
        request = RequestFactory().get("/", HTTP_AUTHORIZATION=header.format(token=issued()))

        with pytest.raises(WrongScheme):
            voter_token_of(request, now=NOW)

    @pytest.mark.parametrize("refusal", [VoterRefusal, InvalidVoterToken, ExpiredVoterToken])
    def test_every_refusal_says_which_credentials_are_wanted(self, refusal: type[VoterRefusal]) -> None:
        assert (refusal.status_code, refusal.headers) == (401, {"WWW-Authenticate": "Voter"})
