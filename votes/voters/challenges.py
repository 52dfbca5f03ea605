"""What a reader must show for a voter token, as VOTER_CHALLENGE says: nothing, some work, or a passed Turnstile.

A challenge of ours is a signed text: nothing is kept of it until it is spent. The client looks for a `nonce` in decimal
digits such that SHA-256 of `challenge:nonce` begins with as many zero bits as the challenge asks for.
"""

import json
import secrets
import struct
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import BoundedSemaphore, Thread
from time import monotonic
from uuid import UUID

import requests
import structlog
from django.conf import settings
from django.db import connection

from backend.api import signed_tokens
from backend.api.clients import Address
from backend.api.problems import Refusal
from backend.api.signed_tokens import InvalidSignatureError
from votes.models import SpentChallenge

log = structlog.get_logger(__name__)

CHALLENGE_PURPOSE = "challenge/v1"
# Random bytes, expires at in seconds, zero bits.
CHALLENGE_PAYLOAD = struct.Struct(">16sIB")
CHALLENGE_LIFETIME = timedelta(minutes=10)

# The widget must be shown with this action, so that what another form of the site was answered buys nothing here.
TURNSTILE_ACTION = "create_voter"
TURNSTILE_SECONDS = 5
TURNSTILE_MAX_ANSWER = 64 * 1_024
# Cloudflare's own last 5 minutes.
TURNSTILE_SPENT_FOR = timedelta(days=1)
# Error codes that speak of what the client sent; all others speak of us or of Cloudflare.
TURNSTILE_CLIENT_FAULTS = {"missing-input-response", "invalid-input-response", "timeout-or-duplicate"}
# However slow Cloudflare is, a process asks it no more at once than this.
_asking_turnstile = BoundedSemaphore(2)

SPEND = "INSERT INTO votes_spentchallenge (key, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"


class ChallengeRequired(Refusal):
    status_code = 403
    default_code = "challenge_required"
    default_detail = "A token is given for a solved challenge: ask for one at `/voters/challenges`."
    example_rank = 1


class ChallengeFailed(Refusal):
    status_code = 403
    default_code = "challenge_failed"
    default_detail = "The solution is wrong or too old; ask for a new challenge."
    example_rank = 2


class ChallengeSpent(Refusal):
    status_code = 403
    default_code = "challenge_spent"
    default_detail = "This solution has bought its token already; ask for a new challenge."
    example_rank = 3


class ChallengeUnavailable(Refusal):
    status_code = 503
    default_code = "challenge_unavailable"
    default_detail = "The solution cannot be verified just now; send it again in a few seconds."
    headers = {"Retry-After": "5"}
    example_rank = 1


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a client is asked to do; what a kind has no use for is None."""

    kind: str
    challenge: str | None = None
    difficulty_bits: int | None = None
    site_key: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """What a client sends; None is what it left out."""

    challenge: str | None = None
    nonce: str | None = None
    turnstile_token: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A solution that is right. `key` is spent for the token; None where there is nothing to spend."""

    assurance: int
    key: bytes | None = None
    expires_at: datetime | None = None


class Nothing:
    def ask(self, *, now: datetime) -> Challenge:
        return Challenge(kind="none")

    def verify(self, solution: Solution, *, address: Address | None, now: datetime) -> Proof:
        return Proof(assurance=0)


class ProofOfWork:
    def ask(self, *, now: datetime) -> Challenge:
        expires_at = now.replace(microsecond=0) + CHALLENGE_LIFETIME
        bits = settings.PROOF_OF_WORK_BITS
        payload = CHALLENGE_PAYLOAD.pack(secrets.token_bytes(16), int(expires_at.timestamp()), bits)
        return Challenge(
            kind="proof_of_work",
            challenge=signed_tokens.sign(settings.VOTER_KEYS, CHALLENGE_PURPOSE, payload),
            difficulty_bits=bits,
            expires_at=expires_at,
        )

    def verify(self, solution: Solution, *, address: Address | None, now: datetime) -> Proof:
        """Raises ChallengeRequired without a solution, ChallengeFailed for a wrong or late one."""
        if solution.challenge is None or solution.nonce is None:
            raise ChallengeRequired
        try:
            payload = signed_tokens.verify(settings.VOTER_KEYS, CHALLENGE_PURPOSE, solution.challenge)
        except InvalidSignatureError:
            raise ChallengeFailed from None
        _, seconds, bits = CHALLENGE_PAYLOAD.unpack(payload)
        expires_at = datetime.fromtimestamp(seconds, UTC)
        if expires_at <= now or zero_bits(solution.challenge, solution.nonce) < bits:
            raise ChallengeFailed
        # Of the payload and not of the nonce: a challenge has many solutions and buys one token.
        return Proof(assurance=1, key=sha256(b"proof of work" + payload).digest(), expires_at=expires_at)


def zero_bits(challenge: str, nonce: str) -> int:
    digest = sha256(f"{challenge}:{nonce}".encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()


@dataclass(frozen=True)
class Turnstile:
    """Cloudflare's challenge. `seconds` bound how long a request waits for Cloudflare's answer."""

    seconds: float = TURNSTILE_SECONDS

    def ask(self, *, now: datetime) -> Challenge:
        return Challenge(kind="turnstile", site_key=settings.TURNSTILE_SITE_KEY)

    def verify(self, solution: Solution, *, address: Address | None, now: datetime) -> Proof:
        """Raises ChallengeRequired without a token, ChallengeFailed where it is refused, or ChallengeUnavailable."""
        if solution.turnstile_token is None:
            raise ChallengeRequired
        key = sha256(b"turnstile" + solution.turnstile_token.encode()).digest()
        answer = self._answer(
            {
                "secret": settings.TURNSTILE_SECRET_KEY,
                "response": solution.turnstile_token,
                # Who asks again after an answer was lost is not told that the token is a duplicate.
                "idempotency_key": str(UUID(bytes=key[:16])),
                **({"remoteip": str(address)} if address else {}),
            }
        )
        if answer.get("success") is not True:
            codes = answer.get("error-codes")
            if not (
                isinstance(codes, list) and codes and TURNSTILE_CLIENT_FAULTS.issuperset(map(str, codes))
            ):
                raise unavailable(f"error codes {codes}")
            raise ChallengeFailed
        if (
            answer.get("hostname") not in settings.TURNSTILE_HOSTNAMES
            or answer.get("action") != TURNSTILE_ACTION
        ):
            raise ChallengeFailed
        return Proof(assurance=2, key=key, expires_at=now + TURNSTILE_SPENT_FOR)

    def _answer(self, form: Mapping[str, str]) -> dict[str, object]:
        """What Cloudflare says; whatever is not plainly an answer of its own is ChallengeUnavailable."""
        try:
            status, body = self._ask_in_time(form)
        # A time-out is one of these too.
        except OSError as error:
            raise unavailable(type(error).__name__) from error
        if status != 200 or len(body) > TURNSTILE_MAX_ANSWER:
            raise unavailable(f"status {status}, {len(body)} bytes")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise unavailable("not JSON") from error
        if not isinstance(answer, dict):
            raise unavailable("not an object")
        return answer

    def _ask_in_time(self, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body, or TimeoutError after `seconds`.

        The time-outs of requests are for each read: a server that sends a byte now and then never reaches them. So
        a thread asks, and the caller waits for it no longer than `seconds`.
        """
        if not _asking_turnstile.acquire(blocking=False):
            raise unavailable("too many at once")
        answer: Future[tuple[int, bytes]] = Future()

        def ask() -> None:
            try:
                try:
                    result = post_form(settings.TURNSTILE_URL, form, seconds=self.seconds)
                finally:
                    _asking_turnstile.release()
            except BaseException as error:  # noqa: BLE001 - the caller raises it.
                answer.set_exception(error)
            else:
                answer.set_result(result)

        try:
            Thread(target=ask, daemon=True).start()
        except RuntimeError as error:
            _asking_turnstile.release()
            raise unavailable("no thread") from error
        return answer.result(timeout=self.seconds)


def post_form(url: str, form: Mapping[str, str], *, seconds: float) -> tuple[int, bytes]:
    """Status and body; follows no redirect. Raises requests.RequestException.

    Reads no more of the body than shows that it is larger than TURNSTILE_MAX_ANSWER, and not for long after `seconds`.
    """
    ends_at = monotonic() + seconds
    body = b""
    with requests.post(url, data=form, timeout=seconds, allow_redirects=False, stream=True) as response:
        for chunk in response.iter_content(256):
            body += chunk
            if len(body) > TURNSTILE_MAX_ANSWER or monotonic() > ends_at:
                break
        return response.status_code, body


def unavailable(reason: str) -> ChallengeUnavailable:
    log.warning("turnstile_unavailable", reason=reason)
    return ChallengeUnavailable()


KINDS: dict[str, Nothing | ProofOfWork | Turnstile] = {
    "none": Nothing(), "proof_of_work": ProofOfWork(), "turnstile": Turnstile(),
}  # fmt: skip


def new_challenge(*, now: datetime) -> Challenge:
    return KINDS[settings.VOTER_CHALLENGE].ask(now=now)


def verify(solution: Solution, *, address: Address | None, now: datetime) -> Proof:
    """Whether the solution is right; that it is also new, `spend` says. Writes nothing.

    Raises ChallengeRequired, ChallengeFailed or ChallengeUnavailable.
    """
    return KINDS[settings.VOTER_CHALLENGE].verify(solution, address=address, now=now)


def spend(proof: Proof) -> None:
    """Raises ChallengeSpent if the solution has been spent. Call it in the transaction of what the solution buys.

    Of several at once one inserts the row, and the others wait for its transaction.
    """
    if proof.key is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(SPEND, [proof.key, proof.expires_at])
        if not cursor.rowcount:
            raise ChallengeSpent


def purge_expired_challenges(now: datetime) -> int:
    """Deletes what is too old to be accepted again; answers how many."""
    return SpentChallenge.objects.filter(expires_at__lte=now).delete()[0]
