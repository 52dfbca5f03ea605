"""A vote on a tool, in one statement."""

import hmac
import os
import struct
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, HTTPException, Request, Response
from uuid_utils.compat import uuid7

from bench.fastapi.answers import as_json
from bench.fastapi.tools import community_dict, votes_of
from votes.rules import RULESET

VOTER_KEYS = dict(pair.split(":", 1) for pair in os.environ["VOTER_KEYS"].split(","))
VOTER_PEPPER = os.environ["VOTER_PEPPER"].encode()
VOTER_PAYLOAD = struct.Struct(">16sIB")
VOTER_TOKEN_AGE = timedelta(days=180)

# Of votes that say the same again nothing is written, and their times are read from where they stand.
CAST_VOTE = """
WITH target AS (
    SELECT t.id AS tool_id, v.id AS voter_id, p.ship, p.skip, p.bound_low, p.bound_high, p.pending,
           p.quarantined, p.as_of
    FROM catalog_tool t JOIN votes_publishedtally p ON p.tool_id = t.id, votes_voter v
    WHERE t.slug = $2 AND t.status = 'published' AND v.key = $1 AND v.erased_at IS NULL
), written AS (
    INSERT INTO votes_vote AS vote
        (id, tool_id, voter_id, value, status, reasons, ruleset, created_at, updated_at, revision)
    SELECT $3, tool_id, voter_id, $4, 'counted', '{}', $5, $6, $6, 1 FROM target
    ON CONFLICT (voter_id, tool_id)
    DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, revision = vote.revision + 1
    WHERE vote.value <> excluded.value
    RETURNING created_at, updated_at, revision
)
SELECT ship AS vote_ship, skip AS vote_skip, bound_low, bound_high, pending, quarantined, as_of,
       coalesce(written.created_at, stood.created_at) AS created_at,
       coalesce(written.updated_at, stood.updated_at) AS updated_at,
       coalesce(written.revision, stood.revision) AS revision
FROM target
LEFT JOIN written ON true
LEFT JOIN votes_vote stood ON stood.voter_id = target.voter_id AND stood.tool_id = target.tool_id
"""

router = APIRouter()


@router.put("/api/v1/tools/{slug}/vote")
async def put_vote(
    request: Request,
    slug: str,
    authorization: Annotated[str, Header()],
    value: Annotated[Literal["ship", "skip"], Body(embed=True)],
) -> Response:
    now = datetime.now(UTC)
    key = voter_key(authorization, now=now)
    async with request.app.state.pool.acquire() as connection:
        row = await connection.fetchrow(CAST_VOTE, key, slug, uuid7(), value, RULESET, now)
    if row is None:
        raise HTTPException(404)
    said = {name: row[name] for name in ("created_at", "updated_at", "revision")}
    return as_json({"value": value, **said, "tally": tally_dict(row)})


def voter_key(authorization: str, *, now: datetime) -> bytes:
    """The key of the voter whose token this is."""
    scheme, _, token = authorization.partition(" ")
    try:
        version, key_id, payload, mac = token.split(".")
        secret = VOTER_KEYS[key_id].encode()
        raw, given = urlsafe_b64decode(payload + "=="), urlsafe_b64decode(mac + "==")
    except (KeyError, ValueError):
        raise HTTPException(401) from None
    message = b"".join(len(part).to_bytes(4) + part for part in (b"voter/v1", key_id.encode(), raw))
    if not hmac.compare_digest(hmac.digest(secret, message, "sha256")[:16], given):
        raise HTTPException(401)
    voter_id, issued_at, _ = VOTER_PAYLOAD.unpack(raw)
    if (scheme, version) != ("Voter", "v1") or datetime.fromtimestamp(
        issued_at, UTC
    ) + VOTER_TOKEN_AGE <= now:
        raise HTTPException(401)
    return hmac.digest(VOTER_PEPPER, voter_id, "sha256")


def tally_dict(row: Any) -> dict[str, Any]:
    votes = votes_of(row)
    return {
        **community_dict(votes),
        "call": votes.call,
        "flip_margin": votes.flip_margin,
        "pending": row["pending"],
        "quarantined": row["quarantined"],
        "ruleset": RULESET,
        "as_of": row["as_of"],
    }
