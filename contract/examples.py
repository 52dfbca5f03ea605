"""Writes one real answer a GET operation, on demo content, for the docs: `manage.py load_demo`, then run this."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "backend" / "api" / "examples"

ADDRESSES = {
    "list_categories": "/api/v1/categories?limit=1",
    "retrieve_category": "/api/v1/categories/developer-tools",
    "list_reviewers": "/api/v1/reviewers?limit=1",
    "retrieve_reviewer": "/api/v1/reviewers/builder",
    "list_reviews": "/api/v1/reviews?tool=claude-files-api&reviewer=builder",
    "list_tools": "/api/v1/tools?q=windsurf&limit=1&include=facets",
    "retrieve_tool": "/api/v1/tools/llama-4-scout-quantized",
    "list_tool_reviews": "/api/v1/tools/claude-files-api/reviews?limit=1",
    "retrieve_tool_tally": "/api/v1/tools/cursor-1-0-background-agent-project-memory/tally",
    "list_comparisons": "/api/v1/comparisons?tool=claude-files-api&limit=1",
    "retrieve_comparison": "/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized",
    "compare_tools": "/api/v1/compare?tools=claude-files-api,llama-4-scout-quantized",
    "list_rankings": "/api/v1/rankings?by=crowd&limit=1",
}

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_PAGE = re.compile(r"https?://[^/]+(/api/v1/[a-z/-]+)\?.*")


def examples(client: Any) -> dict[str, Any]:
    """The answers by operationId, without what differs from one database to the next."""
    answers = {name: client.get(address).json() for name, address in ADDRESSES.items()}
    review = answers["list_reviews"]["results"][0]
    answers["retrieve_review"] = client.get(f"/api/v1/reviews/{review['id']}").json()
    return {name: settled(answer) for name, answer in answers.items()}


def settled(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: settled(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    if key == "updated_at":
        return "2026-11-02T09:30:00Z"
    if isinstance(value, str) and _ID.fullmatch(value):
        return "019a4b2e-5c1d-7a34-8f6b-2d9c0e7a1b53"
    if key in {"next", "previous"} and value:
        return _PAGE.sub(r"https://api.example.com\1?cursor=W2ZhbHNlXQ", value)
    return value


def main() -> None:
    import django

    django.setup()

    from rest_framework.test import APIClient

    FOLDER.mkdir(exist_ok=True)
    for name, answer in examples(APIClient(headers={"host": "127.0.0.1"})).items():
        text = json.dumps(answer, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
