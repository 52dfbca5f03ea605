"""Voter tokens: who a reader without an account is, in a text that nobody but us can make up.

A sealed text is `v1.<key id>.<payload>.<mac>`, payload and mac in base64url without padding. The mac is an HMAC-SHA256
over purpose, key id and payload, each behind its length, so that no two lists of parts read alike and nothing sealed
for one purpose is good for another. Each seal has one spelling.
"""

import hmac
import secrets
import struct
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from backend.api.problems import Refusal

VOTER_PURPOSE = "voter/v1"
VOTER_ID_LENGTH = 16
# Voter id, issued at in seconds, assurance.
VOTER_PAYLOAD = struct.Struct(f">{VOTER_ID_LENGTH}sIB")

MAC_LENGTH = 16
# More than any seal of ours has; what is longer is refused before anybody reads it.
MAX_SEALED_LENGTH = 128
# Our servers' clocks may differ by this much.
CLOCK_SKEW = timedelta(seconds=60)

TO_URL = bytes.maketrans(b"+/", b"-_")
FROM_URL = bytes.maketrans(b"-_", b"+/")


class VoterRefusal(Refusal):
    """The base of refusals that ask for a voter token."""

    status_code = 401
    default_code = "not_authenticated"
    default_detail = "This needs credentials and none were sent."
    auth_header = "Voter"
    headers = {"WWW-Authenticate": auth_header}


class InvalidVoterToken(VoterRefusal):
    default_code = "invalid_voter_token"
    default_detail = "This is no voter token of ours."


class ExpiredVoterToken(VoterRefusal):
    default_code = "expired_voter_token"
    default_detail = "This voter token has expired; ask for a new one."


class BrokenSealError(ValueError):
    """The text was not sealed by us, or not for this purpose, or was altered since."""


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


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token as its voter gets it, this one time."""

    token: str
    expires_at: datetime
    assurance: int


def issue_token(*, assurance: int, now: datetime) -> IssuedToken:
    """A token for a voter who is new; it costs no row until the first vote."""
    voter_id = secrets.token_bytes(VOTER_ID_LENGTH)
    issued_at = now.replace(microsecond=0)
    payload = VOTER_PAYLOAD.pack(voter_id, int(issued_at.timestamp()), assurance)
    voter = VoterToken(voter_id=voter_id, issued_at=issued_at, assurance=assurance)
    return IssuedToken(token=seal(VOTER_PURPOSE, payload), expires_at=voter.expires_at, assurance=assurance)


def read_token(text: str, *, now: datetime) -> VoterToken:
    """Raises InvalidVoterToken or ExpiredVoterToken, whatever the text."""
    try:
        payload = unseal(VOTER_PURPOSE, text)
    except BrokenSealError:
        raise InvalidVoterToken from None
    voter_id, seconds, assurance = VOTER_PAYLOAD.unpack(payload)
    voter = VoterToken(voter_id, datetime.fromtimestamp(seconds, UTC), assurance)
    if voter.issued_at > now + CLOCK_SKEW:
        raise InvalidVoterToken
    if voter.expires_at <= now:
        raise ExpiredVoterToken
    return voter


def voter_token_of(request: HttpRequest | Request, *, now: datetime) -> VoterToken:
    """The voter that `Authorization: Voter <token>` names; for views of Django's as of DRF's."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        raise VoterRefusal
    scheme, _, text = header.partition(" ")
    # By RFC 9110 a scheme's case says nothing.
    if scheme.lower() != "voter":
        raise InvalidVoterToken
    return read_token(text, now=now)


def seal(purpose: str, payload: bytes) -> str:
    """The payload under the first of our keys. It can be read by everybody, and made by us alone."""
    key_id = next(iter(settings.VOTER_KEYS))
    return _sealed(purpose, key_id, payload)


def unseal(purpose: str, text: str) -> bytes:
    """The payload; raises BrokenSealError unless the text is, to the letter, what we would seal it as."""
    if len(text) > MAX_SEALED_LENGTH or not text.isascii():
        raise BrokenSealError
    parts = text.split(".")
    if len(parts) != 4 or parts[1] not in settings.VOTER_KEYS:
        raise BrokenSealError
    try:
        payload = a2b_base64(parts[2].encode().translate(FROM_URL) + b"==")
    except ValueError:
        raise BrokenSealError from None
    # Sealing it anew settles mac and spelling at once: base64 is read leniently, and much would read alike.
    if not hmac.compare_digest(_sealed(purpose, parts[1], payload), text):
        raise BrokenSealError
    return payload


def _sealed(purpose: str, key_id: str, payload: bytes) -> str:
    message = b"".join(
        len(part).to_bytes(4, "big") + part for part in (purpose.encode(), key_id.encode(), payload)
    )
    mac = hmac.digest(settings.VOTER_KEYS[key_id], message, "sha256")[:MAC_LENGTH]
    return f"v1.{key_id}.{_base64url(payload)}.{_base64url(mac)}"


def _base64url(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(TO_URL).decode()
