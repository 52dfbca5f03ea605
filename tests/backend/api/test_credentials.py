"""Which requests carry a token of a scheme, and how the others are refused."""

import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from backend.api.credentials import Scheme, WrongScheme, bearer
from backend.api.problems import Unavailable

# Any refusal will do.
KETTLE = Scheme(name="Kettle", description="A key.", missing=Unavailable)


def token_in(header: str) -> str:
    return bearer(RequestFactory().get("/", headers={"Authorization": header}), KETTLE)


@pytest.mark.parametrize("header", ["Kettle abc", "kettle abc", "KETTLE abc"])
def test_the_case_of_the_scheme_says_nothing(header: str) -> None:
    assert token_in(header) == "abc"


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Kettle", ""),
        ("Kettle ", ""),
        ("Kettle  abc", "abc"),
        ("Kettle   a b ", "a b "),
        ("Kettle a b", "a b"),
    ],
)
def test_what_follows_the_spaces_is_the_token_to_the_letter(header: str, token: str) -> None:
    assert token_in(header) == token


def test_a_request_of_drf_is_read_like_one_of_django() -> None:
    request = RequestFactory().get("/", headers={"Authorization": "Kettle abc"})

    assert bearer(Request(request), KETTLE) == bearer(request, KETTLE) == "abc"


def test_without_a_header_the_credentials_are_missing() -> None:
    with pytest.raises(Unavailable):
        bearer(RequestFactory().get("/"), KETTLE)
    with pytest.raises(Unavailable):
        token_in("")


@pytest.mark.parametrize("header", ["Bearer abc", "Kettles abc", "abc", " Kettle abc"])
def test_another_scheme_and_a_bare_token_are_told_which_scheme_to_send(header: str) -> None:
    with pytest.raises(WrongScheme) as refusal:
        token_in(header)

    assert (
        str(refusal.value.detail) == "Send `Authorization: Kettle <token>`: the scheme, a space, the token."
    )
    assert refusal.value.headers == {"WWW-Authenticate": "Kettle"}
