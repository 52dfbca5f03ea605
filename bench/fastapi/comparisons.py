"""A comparison: read in three statements, judged by the product's own rule."""

from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request, Response

from bench.fastapi.answers import as_json
from bench.fastapi.tools import (
    FITS,
    REVIEWS,
    TOOLS_BY_SLUGS,
    fit_dict,
    panel_of,
    review_dict,
    reviewer_dict,
    tool_dict,
    votes_of,
)
from catalog.fits import read_fits
from comparisons.evidence import Evidence, PairEvidence
from comparisons.pairs.guidance import Fits, Guidance, guide
from comparisons.summary import Asked, summarize
from comparisons.verdict import Verdict, agreement, cheaper_to_start, decide, price_note
from votes.tally import Interval, PickCount, crowd_status

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
               'revision', h.revision, 'updated_at', h.updated_at
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
ANSWER = ("id", "prefers", "quote", "basis", "disclosure", "evidence", "compared_on", "revision")

router = APIRouter()


@router.get("/api/v1/comparisons/{slug}")
async def retrieve_comparison(request: Request, slug: str) -> Response:
    async with request.app.state.pool.acquire() as connection:
        tools = await connection.fetch(TOOLS_BY_SLUGS, slug.split("-vs-", 1))
        if len(tools) != 2:
            raise HTTPException(404)
        tools.sort(key=lambda tool: tool["slug"])
        ids = [tool["id"] for tool in tools]
        reviews = await connection.fetch(REVIEWS, ids)
        comparison = await connection.fetchrow(COMPARISON, *ids)
    if comparison is None:
        raise HTTPException(404)
    return as_json(comparison_dict(slug, comparison, tools, reviews))


def comparison_dict(slug: str, comparison: Any, tools: list[Any], reviews: list[Any]) -> dict[str, Any]:
    said: list[dict[str, Any]] = [
        {review["slug"]: review for review in reviews if review["tool_id"] == tool["id"]} for tool in tools
    ]
    answers = {answer["slug"]: answer for answer in orjson.loads(comparison["head_to_heads"])}
    known = {each["slug"]: each for each in (*reviews, *answers.values())}
    reviewers = dict(sorted(known.items(), key=lambda item: item[1]["position"]))
    first, second = (evidence_of(tool, said_of_tool) for tool, said_of_tool in zip(tools, said, strict=True))
    pair = pair_of(first, second, comparison, reviewers=reviewers, answers=answers)
    guidance = guidance_of(comparison, tools)
    cheaper = cheaper_to_start(first, second)
    changed = [comparison["updated_at"], *(row["updated_at"] for row in (*tools, *reviews))]
    changed += [datetime.fromisoformat(answer["updated_at"]) for answer in answers.values()]
    return {
        "slug": slug,
        "kind": "curated",
        "title": comparison["title"] or f"{first.name} vs {second.name}",
        "editor_note": comparison["editor_note"],
        "published_at": comparison["published_at"],
        "updated_at": max(changed),
        "tools": [tool_dict(tool) for tool in tools],
        "scorecard": [scorecard_row(reviewer, said, answers, pair) for reviewer in reviewers.values()],
        "picks": picks_dict(pair.picks.first, pair.picks.second),
        "pricing_read": {
            "cheaper_to_start": cheaper.slug if cheaper else None,
            "basis": "entry",
            "note": price_note(first, second),
        },
        "guidance": [{"tool": each.tool, "when": [fit_dict(fit) for fit in each.when]} for each in guidance],
        "verdict": verdict_dict(decide(pair), guidance),
        "whole_panel_verdict": None,
    }


def evidence_of(tool: Any, said: dict[str, Any]) -> Evidence:
    return Evidence(
        slug=tool["slug"],
        name=tool["name"],
        panel=panel_of(tool),
        community=votes_of(tool),
        entry=tool["pricing_entry"],
        reviews={name: review["verdict"] for name, review in said.items()},
        votes_as_of=tool["as_of"],
    )


def pair_of(
    first: Evidence, second: Evidence, comparison: Any, *, reviewers: dict[str, Any], answers: dict[str, Any]
) -> PairEvidence:
    bounds = Interval.stored(comparison["bound_low"], comparison["bound_high"])
    picks = PickCount(comparison["first"], comparison["second"], bounds)
    return PairEvidence.of_reviews(
        first,
        second,
        roster=list(reviewers),
        preferences={name: answer["prefers"] for name, answer in answers.items()},
        picks=picks if comparison["is_in_order"] else picks.turned(),
        picks_as_of=comparison["as_of"],
    )


def guidance_of(comparison: Any, tools: list[Any]) -> tuple[Guidance, Guidance]:
    of_pair = (comparison["first_fits"], comparison["second_fits"])
    one, other = (
        Fits(tool["slug"], read_fits(orjson.loads(tool["fits"])), read_fits(orjson.loads(fits)))
        for tool, fits in zip(tools, of_pair, strict=True)
    )
    return guide(one, other)


def verdict_dict(verdict: Verdict, guidance: tuple[Guidance, Guidance]) -> dict[str, Any]:
    shared, pair = verdict.shared_panel, verdict.evidence
    counted = pair.head_to_heads
    one, other = ([fit.condition.name for fit in each.when] for each in guidance)
    return {
        **{name: value for name, value in verdict.answer.items() if name != "dissent"},
        "rule": verdict.rule,
        "panel_of": verdict.panel_of,
        "reasons": verdict.reasons,
        "shared_panel": {"reviewers": shared.reviewers, "first": shared.first, "second": shared.second},
        "dissent": verdict.dissent,
        "flip": verdict.flip,
        "replay": verdict.replay,
        "summary": summarize(
            verdict,
            first=pair.first,
            second=pair.second,
            when=(one, other),
            asked=Asked(counted.first, counted.second, counted.neither),
            picks=Asked(pair.picks.first, pair.picks.second),
        ),
    }


def scorecard_row(
    reviewer: Any, said: list[dict[str, Any]], answers: dict[str, Any], pair: PairEvidence
) -> dict[str, Any]:
    name = reviewer["slug"]
    prefers, basis = pair.preference(name)
    return {
        "reviewer": reviewer_dict(reviewer),
        "reviews": [cell(said_of_tool.get(name)) for said_of_tool in said],
        "agreement": agreement(pair.first.reviews.get(name), pair.second.reviews.get(name)),
        "prefers": prefers,
        "basis": basis,
        "head_to_head": answer_cell(answers.get(name)),
    }


def answer_cell(answer: Any) -> dict[str, Any] | None:
    return answer and {name: answer[name] for name in ANSWER}


def cell(review: Any) -> dict[str, Any] | None:
    return review and {"id": review["id"], **review_dict(review)}


def picks_dict(first: int, second: int) -> dict[str, Any]:
    total = first + second
    share = (200 * first + total) // (2 * total) if total else None
    shares = [share, None if share is None else 100 - share]
    return {"total": total, "shares": shares, "status": crowd_status(total=total)}
