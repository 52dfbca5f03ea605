"""The contender: two pages and voting as a FastAPI user would write them, with asyncpg, plain dicts and orjson."""

import hmac
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import asyncpg
import orjson
from fastapi import Body, FastAPI, Header, HTTPException, Response
from uuid_utils.compat import uuid7

from catalog.fits import read_fits
from comparisons.evidence import Evidence, PairEvidence
from comparisons.pairs.guidance import Fits, guide
from comparisons.summary import Asked, summarize
from comparisons.verdict import Verdict, agreement, cheaper_to_start, decide, price_note
from reviews.panel import PanelCount
from votes.rules import RULESET
from votes.tally import Interval, PickCount, TallyCount, crowd_status

PUBLIC_BASE_URL = os.environ["PUBLIC_BASE_URL"]
VOTER_KEYS = dict(pair.split(":", 1) for pair in os.environ["VOTER_KEYS"].split(","))
VOTER_PEPPER = os.environ["VOTER_PEPPER"].encode()
VOTER_PAYLOAD = struct.Struct(">16sIB")
VOTER_TOKEN_AGE = timedelta(days=180)

# asyncpg prepares each statement once a connection.
TOOLS = """
SELECT t.id::text, t.slug, t.name, t.status, nullif(t.tagline, '') AS tagline, nullif(t.description, '') AS description,
       nullif(t.website, '') AS website, nullif(t.logo, '') AS logo, c.slug AS category_slug,
       c.name AS category_name, t.pricing_entry, t.pricing_model, t.pricing_starts_at, t.pricing_currency,
       t.pricing_unit, t.pricing_free_tier, nullif(t.pricing_note, '') AS pricing_note, t.pricing_checked_on,
       p.ship AS panel_ship, p.skip AS panel_skip, v.ship AS vote_ship, v.skip AS vote_skip,
       v.bound_low, v.bound_high, v.as_of, t.published_at, t.updated_at
FROM catalog_tool t
JOIN catalog_category c ON c.id = t.category_id
JOIN reviews_panel p ON p.tool_id = t.id
JOIN votes_publishedtally v ON v.tool_id = t.id
"""
# The conditions under which a tool is the right one, as one column.
FITS = """
SELECT coalesce(json_agg(json_build_object(
    'slug', d.slug, 'name', d.name, 'note', f.note, 'evidence', f.evidence, 'checked_on', f.checked_on,
    'changed_at', d.updated_at
) ORDER BY f.position, f.id), '[]') FROM {table} f JOIN catalog_condition d ON d.id = f.condition_id WHERE {of}
"""
TOOLS_OF_PAIR = f"""
SELECT *, ({FITS.format(table="catalog_toolfit", of="f.tool_id = tool.id::uuid")}) AS fits
FROM ({TOOLS} WHERE t.slug = ANY($1) AND t.status = 'published') tool
"""
FIRST_PAGE = f"{TOOLS} WHERE t.status = 'published' ORDER BY t.published_at DESC, t.id DESC LIMIT $1"
NEXT_PAGE = f"""{TOOLS} WHERE t.status = 'published' AND (t.published_at, t.id) < ($2, $3)
ORDER BY t.published_at DESC, t.id DESC LIMIT $1"""
REVIEWS = """
SELECT r.tool_id::text, r.id::text, r.verdict, r.quote, r.basis, nullif(r.disclosure, '') AS disclosure,
       r.evidence, r.reviewed_on, r.revision, r.updated_at, w.slug, w.name, w.kind, nullif(w.lens, '') AS lens
FROM reviews_review r JOIN reviews_reviewer w ON w.id = r.reviewer_id
WHERE r.tool_id = ANY($1::uuid[]) AND r.status = 'published'
ORDER BY w.position, w.id
"""
COMPARISON = f"""
SELECT ({FITS.format(table="comparisons_pairfit", of="f.comparison_id = c.id AND f.tool_id = $1")}) AS first_fits,
       ({FITS.format(table="comparisons_pairfit", of="f.comparison_id = c.id AND f.tool_id = $2")}) AS second_fits,
       c.title, nullif(c.editor_note, '') AS editor_note, c.published_at, c.updated_at,
       coalesce(k.first_tool_id = c.first_tool_id, true) AS is_in_order, coalesce(k.first, 0) AS first,
       coalesce(k.second, 0) AS second, k.bound_low, k.bound_high, k.as_of,
       (
           SELECT coalesce(json_agg(json_build_object(
               'slug', w.slug, 'name', w.name, 'kind', w.kind, 'lens', nullif(w.lens, ''), 'position', w.position,
               'id', h.id, 'prefers', t.slug, 'quote', nullif(h.quote, ''), 'basis', h.basis,
               'disclosure', nullif(h.disclosure, ''), 'evidence', h.evidence, 'compared_on', h.compared_on,
               'revision', h.revision
           ) ORDER BY w.position, w.id), '[]')
           FROM reviews_headtohead h JOIN reviews_reviewer w ON w.id = h.reviewer_id
           LEFT JOIN catalog_tool t ON t.id = h.choice_id
           WHERE h.first_tool_id = least(c.first_tool_id, c.second_tool_id)
             AND h.second_tool_id = greatest(c.first_tool_id, c.second_tool_id) AND h.status = 'published'
       ) AS head_to_heads
FROM comparisons_comparison c
LEFT JOIN votes_publishedpicktally k ON k.first_tool_id = least(c.first_tool_id, c.second_tool_id)
                           AND k.second_tool_id = greatest(c.first_tool_id, c.second_tool_id)
WHERE c.first_tool_id = $1 AND c.second_tool_id = $2 AND c.status = 'published'
"""
# Of votes that say the same again nothing is written, and their times are read from where they stand.
CAST_VOTE = """
WITH target AS (
    SELECT t.id AS tool_id, v.id AS voter_id, p.ship, p.skip, p.bound_low, p.bound_high, p.pending,
           p.quarantined, p.as_of
    FROM catalog_tool t JOIN votes_publishedtally p ON p.tool_id = t.id, votes_voter v
    WHERE t.slug = $2 AND t.status = 'published' AND v.key = $1 AND v.erased_at IS NULL
), written AS (
    INSERT INTO votes_vote AS vote
        (id, tool_id, voter_id, value, status, reasons, ruleset, created_at, updated_at)
    SELECT $3, tool_id, voter_id, $4, 'counted', '{}', $5, $6, $6 FROM target
    ON CONFLICT (voter_id, tool_id) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
    WHERE vote.value <> excluded.value
    RETURNING created_at, updated_at
)
SELECT ship AS vote_ship, skip AS vote_skip, bound_low, bound_high, pending, quarantined, as_of,
       coalesce(written.created_at, stood.created_at) AS created_at,
       coalesce(written.updated_at, stood.updated_at) AS updated_at
FROM target
LEFT JOIN written ON true
LEFT JOIN votes_vote stood ON stood.voter_id = target.voter_id AND stood.tool_id = target.tool_id
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=8) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/api/v1/tools")
async def list_tools(limit: int = 20, cursor: str = "") -> Response:
    async with app.state.pool.acquire() as connection:
        if cursor:
            published_at, tool_id = urlsafe_b64decode(cursor).decode().split()
            after = datetime.fromisoformat(published_at)
            rows = await connection.fetch(NEXT_PAGE, limit + 1, after, tool_id)
        else:
            rows = await connection.fetch(FIRST_PAGE, limit + 1)
    page = rows[:limit]
    return as_json(
        {
            "results": [listed_tool(row) for row in page],
            "next": page_url(limit, page[-1]) if len(rows) > limit else None,
            "previous": None,
        }
    )


@app.get("/api/v1/comparisons/{slug}")
async def retrieve_comparison(slug: str) -> Response:
    async with app.state.pool.acquire() as connection:
        tools = await connection.fetch(TOOLS_OF_PAIR, slug.split("-vs-", 1))
        if len(tools) != 2:
            raise HTTPException(404)
        tools.sort(key=lambda tool: tool["slug"])
        ids = [tool["id"] for tool in tools]
        reviews = await connection.fetch(REVIEWS, ids)
        comparison = await connection.fetchrow(COMPARISON, *ids)
    if comparison is None:
        raise HTTPException(404)
    return as_json(comparison_dict(slug, comparison, tools, reviews))


@app.put("/api/v1/tools/{slug}/vote")
async def put_vote(
    slug: str,
    authorization: Annotated[str, Header()],
    value: Annotated[Literal["ship", "skip"], Body(embed=True)],
) -> Response:
    now = datetime.now(UTC)
    key = voter_key(authorization, now=now)
    async with app.state.pool.acquire() as connection:
        row = await connection.fetchrow(CAST_VOTE, key, slug, uuid7(), value, RULESET, now)
    if row is None:
        raise HTTPException(404)
    times = {"created_at": row["created_at"], "updated_at": row["updated_at"]}
    return as_json({"value": value, **times, "tally": tally_dict(row)})


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


def as_json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json")


def page_url(limit: int, last: Any) -> str:
    position = f"{last['published_at'].isoformat()} {last['id']}"
    cursor = urlsafe_b64encode(position.encode()).decode()
    return f"{PUBLIC_BASE_URL}/api/v1/tools?limit={limit}&cursor={cursor}"


def listed_tool(row: Any) -> dict[str, Any]:
    times = {"published_at": row["published_at"], "updated_at": row["updated_at"]}
    return {"id": row["id"], **tool_dict(row), **times}


def logos_of(stored: str | None) -> dict[str, Any]:
    """The address of the largest one, and those of all sizes; a stored name ends with the largest size, `-256.png`."""
    if stored is None:
        return {"logo": None, "logo_sizes": []}
    address = f"{PUBLIC_BASE_URL}/media/{stored}".removesuffix("-256.png")
    sizes = [
        {"pixels": size, **{kind: f"{address}-{size}.{kind}" for kind in ("png", "webp")}}
        for size in (64, 256)
    ]
    return {"logo": f"{address}-256.png", "logo_sizes": sizes}


def tool_dict(row: Any) -> dict[str, Any]:
    amount = row["pricing_starts_at"]
    panel = panel_of(row)
    return {
        "slug": row["slug"],
        "name": row["name"],
        "status": row["status"],
        "tagline": row["tagline"],
        "description": row["description"],
        "category": {"slug": row["category_slug"], "name": row["category_name"]},
        "website": row["website"],
        **logos_of(row["logo"]),
        "pricing": {
            "entry": row["pricing_entry"],
            "model": row["pricing_model"],
            "starts_at": None if amount is None else f"{amount.normalize():f}",
            "currency": row["pricing_currency"],
            "unit": row["pricing_unit"],
            "free_tier": row["pricing_free_tier"],
            "note": row["pricing_note"],
            "checked_on": row["pricing_checked_on"],
        },
        "panel": {
            "ship": panel.ship,
            "skip": panel.skip,
            "total": panel.total,
            "percent": panel.percent,
            "call": panel.call,
        },
        "community": community_dict(votes_of(row)),
    }


def community_dict(votes: TallyCount) -> dict[str, Any]:
    return {
        "ship": votes.ship,
        "skip": votes.skip,
        "total": votes.total,
        "percent": votes.percent,
        "interval": votes.interval,
        "status": votes.status,
        "decides": votes.decides,
    }


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


def panel_of(row: Any) -> PanelCount:
    return PanelCount(ship=row["panel_ship"], skip=row["panel_skip"])


def votes_of(row: Any) -> TallyCount:
    bounds = Interval.stored(row["bound_low"], row["bound_high"])
    return TallyCount(ship=row["vote_ship"], skip=row["vote_skip"], bounds=bounds)


def comparison_dict(slug: str, comparison: Any, tools: list[Any], reviews: list[Any]) -> dict[str, Any]:
    said: list[dict[str, Any]] = [
        {review["slug"]: review for review in reviews if review["tool_id"] == tool["id"]} for tool in tools
    ]
    first, second = (
        Evidence(
            slug=tool["slug"],
            name=tool["name"],
            panel=panel_of(tool),
            community=votes_of(tool),
            entry=tool["pricing_entry"],
            reviews={name: review["verdict"] for name, review in said_of_tool.items()},
            votes_as_of=tool["as_of"],
        )
        for tool, said_of_tool in zip(tools, said, strict=True)
    )
    answers = {answer["slug"]: answer for answer in orjson.loads(comparison["head_to_heads"])}
    # The bench's reviewers have their names in the roster's order.
    reviewers = {each["slug"]: each for each in (*reviews, *answers.values())}
    picks = PickCount(
        comparison["first"],
        comparison["second"],
        Interval.stored(comparison["bound_low"], comparison["bound_high"]),
    )
    pair = PairEvidence.of_reviews(
        first,
        second,
        roster=list(reviewers),
        preferences={name: answer["prefers"] for name, answer in answers.items()},
        picks=picks if comparison["is_in_order"] else picks.turned(),
        picks_as_of=comparison["as_of"],
    )
    guidance = guide(
        *(
            Fits(tool["slug"], read_fits(orjson.loads(tool["fits"])), read_fits(orjson.loads(of_pair)))
            for tool, of_pair in zip(
                tools, (comparison["first_fits"], comparison["second_fits"]), strict=True
            )
        )
    )
    one, other = ([fit.condition.name for fit in each.when] for each in guidance)
    verdict = decide(pair)
    counted = pair.head_to_heads
    summary = summarize(
        verdict,
        first=first,
        second=second,
        when=(one, other),
        asked=Asked(counted.first, counted.second, counted.neither),
        picks=Asked(pair.picks.first, pair.picks.second),
    )
    cheaper = cheaper_to_start(first, second)
    return {
        "slug": slug,
        "kind": "curated",
        "title": comparison["title"] or f"{first.name} vs {second.name}",
        "editor_note": comparison["editor_note"],
        "published_at": comparison["published_at"],
        "updated_at": max(row["updated_at"] for row in (comparison, *tools, *reviews)),
        "tools": [tool_dict(tool) for tool in tools],
        "scorecard": [
            {
                "reviewer": {
                    "slug": name,
                    "name": reviewer["name"],
                    "kind": reviewer["kind"],
                    "lens": reviewer["lens"],
                },
                "reviews": [cell(said_of_tool.get(name)) for said_of_tool in said],
                "agreement": agreement(first.reviews.get(name), second.reviews.get(name)),
                **dict(zip(("prefers", "basis"), pair.preference(name), strict=True)),
                "head_to_head": answer_cell(answers.get(name)),
            }
            for name, reviewer in reviewers.items()
        ],
        "picks": picks_dict(pair.picks.first, pair.picks.second),
        "pricing_read": {
            "cheaper_to_start": cheaper.slug if cheaper else None,
            "basis": "entry",
            "note": price_note(first, second),
        },
        "guidance": [
            {"tool": each.tool, "when": [{**asdict(fit), "note": fit.note or None} for fit in each.when]}
            for each in guidance
        ],
        "verdict": verdict_dict(verdict) | {"summary": summary},
        "whole_panel_verdict": None,
    }


def verdict_dict(verdict: Verdict) -> dict[str, Any]:
    shared = verdict.shared_panel
    summary = {name: value for name, value in verdict.answer.items() if name != "dissent"}
    return {
        **summary,
        "rule": verdict.rule,
        "panel_of": verdict.panel_of,
        "reasons": verdict.reasons,
        "shared_panel": {"reviewers": shared.reviewers, "first": shared.first, "second": shared.second},
        "dissent": verdict.dissent,
        "flip": verdict.flip,
        "replay": verdict.replay,
    }


def answer_cell(answer: Any) -> dict[str, Any] | None:
    shown = ("id", "prefers", "quote", "basis", "disclosure", "evidence", "compared_on", "revision")
    return answer and {name: answer[name] for name in shown}


def cell(review: Any) -> dict[str, Any] | None:
    if review is None:
        return None
    shown = ("id", "verdict", "quote", "basis", "disclosure", "evidence", "reviewed_on", "revision")
    return {name: review[name] for name in shown}


def picks_dict(first: int, second: int) -> dict[str, Any]:
    total = first + second
    share = (200 * first + total) // (2 * total) if total else None
    shares = [share, None if share is None else 100 - share]
    return {"total": total, "shares": shares, "status": crowd_status(total=total)}
