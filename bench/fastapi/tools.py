"""The list of tools and a tool's page, and how a tool looks in other answers."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request, Response

from bench.fastapi.answers import PUBLIC_BASE_URL, as_json, page_url, read_cursor
from catalog.fits import ShownFit, read_fits
from reviews.panel import PanelCount
from votes.tally import Interval, TallyCount

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
TOOLS_BY_SLUGS = f"""
SELECT *, ({FITS.format(table="catalog_toolfit", of="f.tool_id = tool.id::uuid")}) AS fits
FROM ({TOOLS} WHERE t.slug = ANY($1) AND t.status = 'published') tool
"""
FIRST_PAGE = f"{TOOLS} WHERE t.status = 'published' ORDER BY t.published_at DESC, t.id DESC LIMIT $1"
NEXT_PAGE = f"""{TOOLS} WHERE t.status = 'published' AND (t.published_at, t.id) < ($2, $3)
ORDER BY t.published_at DESC, t.id DESC LIMIT $1"""
REVIEWS = """
SELECT r.tool_id::text, r.id::text, r.verdict, r.quote, r.basis, nullif(r.disclosure, '') AS disclosure,
       r.evidence, r.reviewed_on, r.revision, r.updated_at, w.slug, w.name, w.kind, nullif(w.lens, '') AS lens,
       w.position
FROM reviews_review r JOIN reviews_reviewer w ON w.id = r.reviewer_id
WHERE r.tool_id = ANY($1::uuid[]) AND r.status = 'published'
ORDER BY w.position, w.id
"""
REVIEW = ("verdict", "quote", "basis", "disclosure", "evidence", "reviewed_on", "revision")

router = APIRouter()


@router.get("/api/v1/tools")
async def list_tools(request: Request, limit: int = 20, cursor: str = "") -> Response:
    async with request.app.state.pool.acquire() as connection:
        if cursor:
            published_at, tool_id = read_cursor(cursor)
            after = datetime.fromisoformat(published_at)
            rows = await connection.fetch(NEXT_PAGE, limit + 1, after, tool_id)
        else:
            rows = await connection.fetch(FIRST_PAGE, limit + 1)
    page = rows[:limit]
    return as_json(
        {
            "results": [listed_tool(row) for row in page],
            "next": next_page(limit, page[-1]) if len(rows) > limit else None,
            "previous": None,
        }
    )


@router.get("/api/v1/tools/{slug}")
async def retrieve_tool(request: Request, slug: str) -> Response:
    async with request.app.state.pool.acquire() as connection:
        tool = await connection.fetchrow(TOOLS_BY_SLUGS, [slug])
        if tool is None:
            raise HTTPException(404)
        reviews = await connection.fetch(REVIEWS, [tool["id"]])
    return as_json(
        {
            **listed_tool(tool),
            "fits": [fit_dict(fit) for fit in read_fits(orjson.loads(tool["fits"]))],
            "reviews": [
                {"id": review["id"], "reviewer": reviewer_dict(review), **review_dict(review)}
                for review in reviews
            ],
        }
    )


def next_page(limit: int, last: Any) -> str:
    return page_url("/api/v1/tools", limit, last["published_at"].isoformat(), last["id"])


def listed_tool(row: Any) -> dict[str, Any]:
    times = {"published_at": row["published_at"], "updated_at": row["updated_at"]}
    return {"id": row["id"], **tool_dict(row), **times}


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


def fit_dict(fit: ShownFit) -> dict[str, Any]:
    return {
        "condition": asdict(fit.condition),
        "note": fit.note or None,
        "evidence": fit.evidence,
        "checked_on": fit.checked_on,
    }


def reviewer_dict(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("slug", "name", "kind", "lens")}


def review_dict(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in REVIEW}


def panel_of(row: Any) -> PanelCount:
    return PanelCount(ship=row["panel_ship"], skip=row["panel_skip"])


def votes_of(row: Any) -> TallyCount:
    bounds = Interval.stored(row["bound_low"], row["bound_high"])
    return TallyCount(ship=row["vote_ship"], skip=row["vote_skip"], bounds=bounds)
