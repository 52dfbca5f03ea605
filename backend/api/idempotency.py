"""A POST with an Idempotency-Key is done once: a repetition within a day gets the first answer again."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps

from cryptography.fernet import Fernet
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from backend.api.clients import network_hash_of
from backend.api.digests import keyed_digest
from backend.api.models import IdempotentAnswer
from backend.api.problems import Refusal
from backend.api.views import PrivateView

KEY_PATTERN = r"[!-~]{1,255}"
KEPT_FOR = timedelta(hours=24)
# Longer than any request may take: a request that claimed the key before that has crashed.
ABANDONED_AFTER = timedelta(seconds=60)

CLAIM = """
INSERT INTO api_idempotentanswer AS answer (key, fingerprint, claimed_at)
VALUES (%(key)s, %(fingerprint)s, %(now)s)
ON CONFLICT (key) DO UPDATE
SET fingerprint = EXCLUDED.fingerprint, claimed_at = EXCLUDED.claimed_at, sealed = NULL
WHERE answer.claimed_at <= %(expired)s
    OR (answer.sealed IS NULL AND answer.fingerprint = EXCLUDED.fingerprint AND answer.claimed_at <= %(abandoned)s)
RETURNING true
"""

Handler = Callable[..., HttpResponse]


class InvalidIdempotencyKey(Refusal):
    status_code = 400
    default_code = "invalid_idempotency_key"
    default_detail = "`Idempotency-Key` must be 1 to 255 visible ASCII characters; send a random UUID."


class IdempotencyKeyInUse(Refusal):
    status_code = 409
    default_code = "idempotency_key_in_use"
    default_detail = "The first request with this `Idempotency-Key` is still running; try again in a second."
    headers = {"Retry-After": "1"}
    example_rank = 2


class IdempotencyKeyReused(Refusal):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This `Idempotency-Key` was sent before, with another body or query."
    example_rank = 0


REFUSALS = (InvalidIdempotencyKey, IdempotencyKeyInUse, IdempotencyKeyReused)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer one key's request; `claimed_at` tells it from a later claim that takes it over."""

    key: bytes
    fingerprint: bytes
    fernet: Fernet = field(repr=False)
    claimed_at: datetime

    def row(self) -> QuerySet[IdempotentAnswer]:
        return IdempotentAnswer.objects.filter(
            key=self.key, claimed_at=self.claimed_at, encrypted__isnull=True
        )


def idempotent(post: Handler) -> Handler:
    """Decorates a view's `post`.

    Only its success is kept, so that a refused request can be mended and sent again under the same key. The
    claim is committed before `post` begins and the answer after it has ended: a crash between what `post` does
    and the keeping of its answer lets a repetition do it again.
    """

    @wraps(post)
    def answer_once(view: PrivateView, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        sent_key = request.headers.get("Idempotency-Key")
        if sent_key is None:
            return post(view, request, *args, **kwargs)
        if not re.fullmatch(KEY_PATTERN, sent_key):
            raise InvalidIdempotencyKey

        now = timezone.now()
        claim = claim_for(request, sent_key, scope=scope_of(view, request, now=now), now=now)
        if not obtain(claim):
            return first_answer(claim)
        try:
            response = post(view, request, *args, **kwargs)
        except BaseException:
            claim.row().delete()
            raise
        if 200 <= response.status_code < 300:
            claim.row().update(encrypted=encrypted(response, claim.fernet))
        else:
            claim.row().delete()
        return response

    answer_once.is_idempotent = True  # type: ignore[attr-defined]
    return answer_once


def scope_of(view: PrivateView, request: HttpRequest, *, now: datetime) -> bytes:
    """Whose key it is: that of the credentials where the view asks for such, else that of the client's network.

    Two clients that send a key like `1` must not get each other's token.
    """
    if view.credentials:
        return request.headers.get("Authorization", "").encode()
    return network_hash_of(request, now=now)


def claim_for(request: HttpRequest, sent_key: str, *, scope: bytes, now: datetime) -> Claim:
    parts = [request.path.encode(), scope, sent_key.encode()]
    query = request.META.get("QUERY_STRING", "").encode()
    return Claim(
        key=keyed_digest("idempotency key", *parts),
        # The body as it came, before anybody reads it as JSON.
        fingerprint=keyed_digest("idempotency fingerprint", query, request.body),
        # This purpose stays as it is: answers of the last day are encrypted under it.
        fernet=Fernet(base64.urlsafe_b64encode(keyed_digest("idempotency seal", *parts))),
        claimed_at=now,
    )


def obtain(claim: Claim) -> bool:
    """Whether the key is ours now: new, past its day, or left behind by a crash."""
    values: dict[str, bytes | datetime] = {
        "key": claim.key,
        "fingerprint": claim.fingerprint,
        "now": claim.claimed_at,
        "expired": claim.claimed_at - KEPT_FOR,
        "abandoned": claim.claimed_at - ABANDONED_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        return cursor.fetchone() is not None


def first_answer(claim: Claim) -> HttpResponse:
    first = IdempotentAnswer.objects.filter(key=claim.key).first()
    if first is not None and bytes(first.fingerprint) != claim.fingerprint:
        raise IdempotencyKeyReused
    # A claim that is gone was given up a moment ago: trying again will find the key free.
    if first is None or first.encrypted is None:
        raise IdempotencyKeyInUse
    status, headers, body = json.loads(claim.fernet.decrypt(bytes(first.encrypted)))
    return HttpResponse(body, status=status, headers={**headers, "Idempotency-Replayed": "true"})


def encrypted(response: HttpResponse, fernet: Fernet) -> bytes:
    answer = [response.status_code, dict(response.headers), response.content.decode()]
    return fernet.encrypt(json.dumps(answer).encode())


def purge_expired_answers(now: datetime) -> int:
    """Deletes what is older than a day."""
    return IdempotentAnswer.objects.filter(claimed_at__lte=now - KEPT_FOR).delete()[0]
