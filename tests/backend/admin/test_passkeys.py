"""Signing in by passkey: junk is refused as a wrong answer is, and counted."""

import json
from typing import Any

import pytest
from allauth.core import context
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse

from backend.admin.passkeys import AddForm, AuthenticateForm, ReauthenticateForm
from backend.admin.signing_in import failed_sign_ins
from tests.desk import messages_of

pytestmark = pytest.mark.django_db

LOGIN = "/admin/account/second-factor/webauthn/login/"
RESPONSE = {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}
JUNK: list[Any] = [
    {"id": "x"},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": RESPONSE},
    {"id": 1, "response": None},
    {"response": "x"},
    [1],
    "x",
    7,
]


def sign_in(client: Client, credential: Any = JUNK[0]) -> str:
    (said,) = messages_of(client.post(LOGIN, {"credential": json.dumps(credential)}, follow=True))
    return said


@pytest.mark.parametrize("credential", JUNK)
def test_junk_is_a_wrong_answer(client: Client, credential: Any) -> None:
    before = failed_sign_ins.labels("refused")._value.get()

    assert sign_in(client, credential) == "Incorrect code."

    assert failed_sign_ins.labels("refused")._value.get() == before + 1


@pytest.mark.parametrize("form", [AuthenticateForm, ReauthenticateForm, AddForm])
@pytest.mark.parametrize("credential", JUNK)
def test_junk_is_an_error_of_every_form(form: Any, credential: Any) -> None:
    user = User.objects.create_user("ada")
    request: Any = RequestFactory().post("/")
    request.user, request.session = user, {}

    with context.request_context(request):
        assert form({"credential": json.dumps(credential)}, user=user).errors


def test_attempts_are_counted_for_their_network(client: Client) -> None:
    for _ in range(60):
        client.post(LOGIN, {"credential": json.dumps(JUNK[0])})
    client.get(reverse("account_login"))

    assert "Too many failed login attempts" in sign_in(client)
