"""The ranking by the panel."""

from typing import Any

from fastapi import APIRouter, Request, Response

from bench.fastapi.answers import as_json, page_url, read_cursor
from bench.fastapi.tools import TOOLS, panel_of, tool_dict

LISTED = "l.is_listed AND l.panel_total >= 3"
ORDER = "ORDER BY l.panel_percent DESC, l.panel_total DESC, l.tool_id DESC LIMIT $1"
RANKED = f"{TOOLS} JOIN comparisons_listedtool l ON l.tool_id = t.id WHERE {LISTED}"
FIRST_PAGE = f"{RANKED} {ORDER}"
NEXT_PAGE = f"{RANKED} AND (l.panel_percent, l.panel_total, l.tool_id) < ($2, $3, $4) {ORDER}"
# Tools of one percentage share their places.
PLACES = f"""
SELECT l.panel_percent,
       (1 + coalesce(sum(count(*)) OVER better, 0))::int AS rank,
       (count(*) + coalesce(sum(count(*)) OVER better, 0))::int AS last_rank
FROM comparisons_listedtool l WHERE {LISTED}
GROUP BY l.panel_percent
WINDOW better AS (ORDER BY l.panel_percent DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
"""
FORMULA = {
    "code": "panel_percent",
    "text": "Tools with at least 3 published reviews, by the percentage of the panel that ships, then by the number of "
    "reviews. Tools of one percentage share their places.",
}

router = APIRouter()


@router.get("/api/v1/rankings")
async def list_rankings(request: Request, limit: int = 20, cursor: str = "") -> Response:
    async with request.app.state.pool.acquire() as connection:
        if cursor:
            percent, total, tool_id = read_cursor(cursor)
            rows = await connection.fetch(NEXT_PAGE, limit + 1, int(percent), int(total), tool_id)
        else:
            rows = await connection.fetch(FIRST_PAGE, limit + 1)
        places = {row["panel_percent"]: row for row in await connection.fetch(PLACES)}
    page = rows[:limit]
    return as_json(
        {
            "results": [ranked(row, places) for row in page],
            "next": next_page(limit, page[-1]) if len(rows) > limit else None,
            "previous": None,
            "formula": FORMULA,
        }
    )


def next_page(limit: int, last: Any) -> str:
    panel = panel_of(last)
    return page_url("/api/v1/rankings", limit, panel.percent, panel.total, last["id"])


def ranked(row: Any, places: dict[int | None, Any]) -> dict[str, Any]:
    percent = panel_of(row).percent
    place = places[percent]
    return {
        "rank": place["rank"],
        "last_rank": place["last_rank"],
        "score": percent,
        "tool": tool_dict(row),
    }
