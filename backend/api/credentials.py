"""Credentials in `Authorization: <scheme> <token>`. Each app says which scheme its views ask for."""

from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework.request import Request

from backend.api.problems import Refusal


class WrongScheme(Refusal):
    """The token may be right: a code of its own, so that no client throws it away."""

    status_code = 401
    default_code = "wrong_scheme"
    default_detail = "`Authorization` names another scheme, or none before the token."
    example_rank = 13

    def __init__(self, scheme: "Scheme") -> None:
        super().__init__(f"Send `Authorization: {scheme.name} <token>`: the scheme, a space, the token.")
        self.headers = {"WWW-Authenticate": scheme.name}


@dataclass(frozen=True, slots=True)
class Scheme:
    """A kind of token, as the header and the contract name it.

    `missing` is raised where there is no such header: a 401 with a `WWW-Authenticate` header. `refused` are the other
    401s that its tokens may meet.
    """

    name: str
    description: str
    missing: type[Refusal]
    refused: tuple[type[Refusal], ...] = ()

    @property
    def key(self) -> str:
        """Its name among the contract's security schemes."""
        return self.name.lower()

    def definition(self) -> dict[str, str]:
        """Its security scheme object (OpenAPI 3.1, section 4.8.27)."""
        # Of the type http it would be exact, and the docs page would not let anybody try it: it knows no such scheme.
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": self.description,
        }


def bearer(request: HttpRequest | Request, scheme: Scheme) -> str:
    """The token that the request carries, unread; raises what `scheme` says. Takes Django's requests and DRF's."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        raise scheme.missing
    name, _, token = header.partition(" ")
    # By RFC 9110 a scheme's case says nothing.
    if name.lower() != scheme.key:
        raise WrongScheme(scheme)
    # One space or more may stand between (RFC 9110, 11.4).
    return str(token).lstrip(" ")
