"""Writes one real answer an operation, on demo content, for the docs: `manage.py load_demo`, then run this."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    address: str
    method: str = "GET"
    body: Any = None
    needs_voter: bool = False
    needs_subscriber: bool = False
    needs_owner: bool = False

    def of(self, client: Any, *, token: str) -> Any:
        """The response to it; the voter's token goes along where one is needed, or that of a subscriber of its own."""
        sent = (
            {} if self.body is None else {"data": json.dumps(self.body), "content_type": "application/json"}
        )
        if self.needs_voter:
            sent["HTTP_AUTHORIZATION"] = f"Voter {token}"
        if self.needs_subscriber:
            sent["HTTP_AUTHORIZATION"] = f"Subscriber {new_subscriber(is_owner=self.needs_owner)}"
        return client.generic(self.method, self.address, **sent)


ADDRESS = "ada@example.com"
CONFIRMATION_TOKEN = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY"  # noqa: S105 - it opens nothing but the example.

_VOTE = "/api/v1/tools/cursor-1-0-background-agent-project-memory/vote"
_PICK = "/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized/pick"
# By operationId, with the id of a review that another answer names.
OF_REVIEW = {
    "retrieve_review": "/api/v1/reviews/{id}",
    "list_review_revisions": "/api/v1/reviews/{id}/revisions",
}

# By operationId, which a GET that needs nothing from another answer has here.
_ADDRESSES = {
    "list_categories": "/api/v1/categories?limit=1",
    "retrieve_category": "/api/v1/categories/developer-tools",
    "list_conditions": "/api/v1/conditions?limit=2",
    "list_reviewers": "/api/v1/reviewers?limit=1",
    "retrieve_reviewer": "/api/v1/reviewers/builder",
    "list_reviews": "/api/v1/reviews?tool=claude-files-api&reviewer=builder",
    "list_head_to_heads": "/api/v1/head-to-heads?tool=llama-4-scout-quantized&reviewer=skeptic",
    "list_tools": "/api/v1/tools?q=windsurf&limit=1&include=facets",
    "retrieve_tool": "/api/v1/tools/llama-4-scout-quantized",
    "list_tool_reviews": "/api/v1/tools/claude-files-api/reviews?limit=1",
    "retrieve_tool_tally": "/api/v1/tools/cursor-1-0-background-agent-project-memory/tally",
    "list_tool_tally_days": "/api/v1/tools/cursor-1-0-background-agent-project-memory/tally/timeline?limit=1",
    "list_closed_days": "/api/v1/tallies/days?limit=1",
    "retrieve_closed_day": "/api/v1/tallies/days/2026-11-09",
    "list_pick_tally_days": "/api/v1/comparisons/cursor-1-0-background-agent-project-memory"
    "-vs-github-copilot-multi-file-agent-mode-vscode/pick/timeline?limit=1",
    "list_comparisons": "/api/v1/comparisons?tool=claude-files-api&limit=1",
    "retrieve_comparison": "/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized",
    "list_verdict_changes": "/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized/history",
    "compare_tools": "/api/v1/compare?tools=claude-files-api,llama-4-scout-quantized",
    "list_editions": "/api/v1/newsletter/editions?limit=1",
    "retrieve_edition": "/api/v1/newsletter/editions/2026-W46",
    "list_rankings": "/api/v1/rankings?by=crowd&limit=1",
}

REQUESTS = {
    **{name: Ask(address) for name, address in _ADDRESSES.items()},
    "create_voter": Ask("/api/v1/voters", "POST", {}),
    "create_voter_challenge": Ask("/api/v1/voters/challenges", "POST", {}),
    # In this order, so that there is something to see.
    "put_vote": Ask(_VOTE, "PUT", {"value": "ship"}, needs_voter=True),
    "retrieve_vote": Ask(_VOTE, needs_voter=True),
    "put_pick": Ask(_PICK, "PUT", {"tool": "llama-4-scout-quantized"}, needs_voter=True),
    "retrieve_pick": Ask(_PICK, needs_voter=True),
    "list_own_votes": Ask("/api/v1/voters/me/votes", needs_voter=True),
    "list_own_picks": Ask("/api/v1/voters/me/picks", needs_voter=True),
    "retrieve_own_voter": Ask("/api/v1/voters/me", needs_voter=True),
    "delete_vote": Ask(_VOTE, "DELETE", needs_voter=True),
    "delete_pick": Ask(_PICK, "DELETE", needs_voter=True),
    "create_subscription": Ask("/api/v1/newsletter/subscriptions", "POST", {"email": ADDRESS}),
    "confirm_subscription": Ask(
        "/api/v1/newsletter/subscriptions/confirm", "POST", {"token": CONFIRMATION_TOKEN}
    ),
    "retrieve_preferences": Ask("/api/v1/newsletter/preferences", needs_subscriber=True),
    "update_preferences": Ask(
        "/api/v1/newsletter/preferences",
        "PATCH",
        {"topics": ["developer-tools"], "reviewers": ["skeptic"], "frequency": "monthly"},
        needs_subscriber=True,
    ),
    "create_access_mail": Ask("/api/v1/newsletter/preferences/access", "POST", needs_subscriber=True),
    "create_links_mail": Ask("/api/v1/newsletter/links", "POST", {"email": ADDRESS}),
    "move_subscription": Ask(
        "/api/v1/newsletter/preferences/address",
        "POST",
        {"email": "ada@example.org"},
        needs_subscriber=True,
        needs_owner=True,
    ),
    "export_subscriber": Ask(
        "/api/v1/newsletter/preferences/export", needs_subscriber=True, needs_owner=True
    ),
}

# What differs from one database to the next, and what stands for it.
_TIMES = {
    "created_at": "2026-11-02T09:30:00Z",
    "updated_at": "2026-11-02T09:30:00Z",
    "changed_at": "2026-11-02T09:30:00Z",
    "confirmed_at": "2026-11-02T09:30:00Z",
    "next_mail_at": "2026-12-01T07:00:00Z",
    "used_at": "2026-11-02T09:30:00Z",
    "as_of": "2026-11-02T09:30:00Z",
    "began_at": "2026-11-02T09:30:00Z",
    "expires_at": "2027-05-01T09:30:00Z",
    "day_on": "2026-11-09",
}
_ID = "019a4b2e-5c1d-7a34-8f6b-2d9c0e7a1b53"
_EXAMPLES = {
    # Digests and roots; the subject of a pair's line.
    re.compile(r"[0-9a-f]{64}"): "064f01c29c2f26b2dcc2649772e962b6ba175b77154058dc0d8c179eafc2a321",
    re.compile(r"[0-9a-f-]{36}\|[0-9a-f-]{36}"): f"{_ID}|{_ID}",
    re.compile(
        r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
    ): "019a4b2e-5c1d-7a34-8f6b-2d9c0e7a1b53",
    re.compile(
        r"v1\.[a-z0-9-]+\.[\w-]{28}\.[\w-]{22}"
    ): "v1.2026-11.MDEyMzQ1Njc4OWFiY2RlZmkGEVgA.ZzI5b1VqM0dQcGFoUWxhZQ",
    re.compile(
        r"v1\.[a-z0-9-]+\.[\w-]{22}\.[\w-]{22}"
    ): "v1.2026-11.AZpLLlwdejSPay2cDnobUw.d2l0aCBhIHNlYWwgb2Ygbw",
}
_PAGE = re.compile(r"https?://[^/]+(/api/v1/[a-z0-9/-]+)\?.*")


def examples(client: Any) -> dict[str, Any]:
    """The answers by operationId, without what differs from one database to the next."""
    from django.test.utils import override_settings

    # The kind that has most to show.
    with override_settings(VOTER_CHALLENGE="proof_of_work"):
        challenge = REQUESTS["create_voter_challenge"].of(client, token="").json()
    token = new_token(client)
    new_subscriber()
    answers = {name: ask.of(client, token=token).json() for name, ask in REQUESTS.items()}
    answers["create_voter_challenge"] = challenge
    for line in answers["list_pick_tally_days"]["results"]:
        # The order of ids, which is another in each database.
        sides = sorted(zip(line["tools"], line["counts"], strict=True))
        line["tools"], line["counts"] = [slug for slug, _ in sides], [count for _, count in sides]
    review = answers["list_reviews"]["results"][0]
    for name, address in OF_REVIEW.items():
        answers[name] = client.get(address.format(id=review["id"])).json()
    return {name: settled(answer) for name, answer in answers.items()}


def example_files() -> dict[str, Path]:
    """By operationId: each app keeps those of the operations that it answers."""
    return {file.stem: file for file in ROOT.glob("*/examples/*.json")}


def file_of(operation: str) -> Path:
    """Where the operation's example is, or is to be: in the app of the view that answers."""
    from uuid import UUID

    from django.urls import resolve

    from backend.api.schema import example_file

    address = (
        OF_REVIEW[operation].format(id=UUID(int=0)) if operation in OF_REVIEW else REQUESTS[operation].address
    )
    view: Any = resolve(address.partition("?")[0]).func
    return example_file(view.cls, operation)


def new_token(client: Any) -> str:
    token: str = REQUESTS["create_voter"].of(client, token="").json()["token"]
    return token


def new_subscriber(*, is_owner: bool = False) -> str:
    """The token of a subscriber who is about to confirm, or has."""
    from datetime import UTC, datetime
    from uuid import UUID

    from newsletter.models import ConfirmationToken, Subscriber
    from newsletter.readers.addresses import address_key, mailbox_key
    from newsletter.readers.links import (
        CONFIRMATION_LIFETIME,
        confirmation_key,
        owner_token,
        preferences_token,
    )

    now = datetime.now(UTC)
    subscriber, _ = Subscriber.objects.get_or_create(
        address_key=address_key(ADDRESS), defaults={"address": ADDRESS}
    )
    if is_owner and subscriber.status == Subscriber.Status.PENDING:
        subscriber.status, subscriber.confirmed_at = Subscriber.Status.ACTIVE, now
        subscriber.save()
    ConfirmationToken.objects.get_or_create(
        key=confirmation_key(CONFIRMATION_TOKEN),
        defaults={
            "subscriber": subscriber,
            "mailbox_key": mailbox_key(ADDRESS),
            "job_id": UUID(int=0),
            "choices": {},
            "created_at": now,
            "expires_at": now + CONFIRMATION_LIFETIME,
        },
    )
    return owner_token(subscriber.pk, now=now) if is_owner else preferences_token(subscriber.pk)


def settled(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: settled(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    if key in _TIMES and value is not None:
        return _TIMES[key]
    if isinstance(value, str):
        for pattern, example in _EXAMPLES.items():
            if pattern.fullmatch(value):
                return example
    if key in {"next", "previous"} and value:
        return _PAGE.sub(r"https://api.example.com\1?cursor=W2ZhbHNlXQ", value)
    return value


def main() -> None:
    import django

    django.setup()

    from rest_framework.test import APIClient

    for name, answer in examples(APIClient(headers={"host": "127.0.0.1"})).items():
        text = json.dumps(answer, indent=1, ensure_ascii=False)
        file_of(name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
