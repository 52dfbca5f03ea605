"""Voter tokens: who a reader without an account is, as a text that only the server can sign."""

import hmac
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from backend.api import signed_tokens
from backend.api.credentials import Scheme, bearer
from backend.api.problems import Refusal
from backend.api.signed_tokens import InvalidSignatureError

VOTER_PURPOSE = "voter/v1"
VOTER_ID_LENGTH = 16
# Voter id, issued at in seconds, assurance.
VOTER_PAYLOAD = struct.Struct(f">{VOTER_ID_LENGTH}sIB")

# Our servers' clocks may differ by this much.
CLOCK_SKEW = timedelta(seconds=60)


class VoterRefusal(Refusal):
    """The base of refusals that ask for a voter token."""

    status_code = 401
    default_code = "not_authenticated"
    default_detail = "This needs credentials and none were sent."
    headers = {"WWW-Authenticate": "Voter"}


class InvalidVoterToken(VoterRefusal):
    default_code = "invalid_voter_token"
    default_detail = "This is no voter token of ours."
    example_rank = 11


class ExpiredVoterToken(VoterRefusal):
    default_code = "expired_voter_token"
    default_detail = "This voter token has expired; ask for a new one."
    example_rank = 12


class ErasedVoter(VoterRefusal):
    default_code = "erased_voter"
    default_detail = "This voter was erased; ask for a new token."
    example_rank = 13


VOTER = Scheme(
    name="Voter",
    description="`Voter <token>`, the token being one from `POST /voters`.",
    missing=VoterRefusal,
    refused=(InvalidVoterToken, ExpiredVoterToken, ErasedVoter),
)


@dataclass(frozen=True, slots=True)
class VoterToken:
    """What a token says of its voter; `voter_id` is in the token alone, and nowhere at rest."""

    voter_id: bytes
    issued_at: datetime
    assurance: int

    @property
    def key(self) -> bytes:
        """What `Voter.key` stores."""
        return hmac.digest(settings.VOTER_PEPPER, self.voter_id, "sha256")

    @property
    def expires_at(self) -> datetime:
        return self.issued_at + timedelta(days=settings.VOTER_TOKEN_DAYS)

    @property
    def token(self) -> str:
        """The text that its voter sends; only the server can sign it."""
        payload = VOTER_PAYLOAD.pack(self.voter_id, int(self.issued_at.timestamp()), self.assurance)
        return signed_tokens.sign(settings.VOTER_KEYS, VOTER_PURPOSE, payload)


def issue_token(*, assurance: int, now: datetime) -> VoterToken:
    """A token for a voter who is new; it costs no row until the first vote."""
    return VoterToken(secrets.token_bytes(VOTER_ID_LENGTH), now.replace(microsecond=0), assurance)


def read_token(text: str, *, now: datetime) -> VoterToken:
    """Raises InvalidVoterToken or ExpiredVoterToken, whatever the text."""
    try:
        payload = signed_tokens.verify(settings.VOTER_KEYS, VOTER_PURPOSE, text)
    except InvalidSignatureError:
        raise InvalidVoterToken from None
    voter_id, seconds, assurance = VOTER_PAYLOAD.unpack(payload)
    voter = VoterToken(voter_id, datetime.fromtimestamp(seconds, UTC), assurance)
    if voter.issued_at > now + CLOCK_SKEW:
        raise InvalidVoterToken
    if voter.expires_at <= now:
        raise ExpiredVoterToken
    return voter


def voter_token_of(request: HttpRequest | Request, *, now: datetime) -> VoterToken:
    """The voter that `Authorization: Voter <token>` names; raises VoterRefusal. No query."""
    return read_token(bearer(request, VOTER), now=now)
