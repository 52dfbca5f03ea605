"""The demo's content: what comes into an empty database, and that nothing else is ever touched."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.models import Category, Tool
from comparisons.catalog_file.demo.loader import DEMO, DemoReport, load_demo
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.models import Comparison
from reviews.models import Review
from tests.comparisons.catalog_file.files import review, source, tool
from tests.factories import NOW, CategoryFactory, ReviewerFactory, ToolFactory
from votes.models import ClosedDay, Pick, PublishedPickTally, PublishedTally, Vote, Voter

pytestmark = pytest.mark.django_db

CATALOG: dict[str, Any] = json.loads((DEMO / "catalog.json").read_text(encoding="utf-8"))
TOOLS = {tool["slug"]: tool for tool in CATALOG["tools"]}
COUNTS: dict[str, Any] = {
    "tools": {"alpha": {"ship": 3, "skip": 2}},
    "picks": {"alpha-vs-beta": {"first": 1, "second": 3}},
}


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A demo of two tools."""
    (tmp_path / "catalog.json").write_bytes(source())
    (tmp_path / "votes.json").write_text(json.dumps(COUNTS))
    return tmp_path


def test_votes_and_picks_are_counted_as_the_file_says(demo: Path) -> None:
    report = load_demo(now=NOW, directory=demo)

    assert report == DemoReport(tools=2, comparisons=1, votes=5, picks=4)
    assert list(PublishedTally.objects.order_by("tool__slug").values_list("tool__slug", "ship", "skip")) == [
        ("alpha", 3, 2),
        ("beta", 0, 0),
    ]
    assert Voter.objects.count() == 5
    assert list(Pick.objects.values_list("chosen_tool__slug", flat=True)).count("alpha") == 1
    assert PublishedPickTally.objects.get().total == 4


def test_on_a_machine_whose_clock_is_behind_no_day_lies_ahead(demo: Path) -> None:
    dated = [review(reviewed_on="2026-11-02"), review("skeptic", reviewed_on="2026-10-30")]
    reviewers = [{"slug": slug, "name": slug} for slug in ("builder", "skeptic")]
    tools = [tool("alpha", reviews=dated), tool("beta")]
    (demo / "catalog.json").write_bytes(source(reviewers=reviewers, tools=tools))
    now = datetime(2026, 10, 31, 9, tzinfo=UTC)

    load_demo(now=now, directory=demo)

    days = Review.objects.order_by("reviewed_on").values_list("reviewed_on", flat=True)
    assert list(days) == [date(2026, 10, 30), date(2026, 10, 31)]
    assert not Vote.objects.filter(created_at__gte=now).exists()
    assert ClosedDay.objects.get().day == date(2026, 10, 30)


def test_a_second_run_changes_nothing_whatever_a_curator_did(demo: Path) -> None:
    load_demo(now=NOW, directory=demo)
    Tool.objects.filter(slug="alpha").update(tagline="A curator's words")
    Comparison.objects.update(status="archived")

    assert load_demo(now=NOW, directory=demo) is None

    assert Tool.objects.get(slug="alpha").tagline == "A curator's words"
    assert (Comparison.objects.filter(status="published").count(), Vote.objects.count()) == (0, 5)


@pytest.mark.parametrize("factory", [CategoryFactory, ReviewerFactory, ToolFactory])
def test_a_database_with_a_catalog_of_its_own_is_left_alone(factory: Any, demo: Path) -> None:
    factory()

    assert load_demo(now=NOW, directory=demo) is None

    assert not Tool.objects.filter(slug="alpha").exists()


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        pytest.param(
            "catalog.json",
            b"{",
            ("catalog.json: 1:2: is not JSON: Expecting property name enclosed in double quotes",),
            id="broken catalog",
        ),
        pytest.param(
            "catalog.json",
            source(tools=[tool("alpha", category="toys")], comparisons=[]),
            ('catalog.json: tools[0].category: no category is called "toys"',),
            id="wrong catalog",
        ),
        pytest.param(
            "votes.json",
            b"[]",
            ("votes.json: file: must be an object with tools and picks, not a list of 0",),
            id="a list",
        ),
        pytest.param(
            "votes.json",
            json.dumps(COUNTS | {"tools": {"alpha": {"ship": -1}}}).encode(),
            (
                "votes.json: tools.alpha.skip: is missing",
                "votes.json: tools.alpha.ship: must be a whole number from 0 to 10000, not -1",
            ),
            id="wrong counts",
        ),
        pytest.param(
            "votes.json",
            b'{"tools": {"gamma": {"ship": 1, "skip": 1}}, "picks": {"beta-vs-alpha": {"first": 1, "second": 1}}}',
            (
                'votes.json: tools."gamma": no tool is called so',
                'votes.json: picks."beta-vs-alpha": no pair is called so',
            ),
            id="unknown names",
        ),
    ],
)
def test_bad_files_are_refused_and_nothing_is_left_behind(
    name: str, text: bytes, lines: tuple[str, ...], demo: Path
) -> None:
    (demo / name).write_bytes(text)

    with pytest.raises(CatalogFileError) as refusal:
        load_demo(now=NOW, directory=demo)

    assert refusal.value.lines == lines
    assert (Category.objects.count(), Tool.objects.count(), Voter.objects.count()) == (0, 0, 0)


# --- What the demo says -------------------------------------------------------------------------

# Entry label, ships, reviews: as the pages have them that the demo's names are from.
PANELS = {
    "anthropic-claude-4-api-tool-use-streaming-prompt-caching": ("paid", 4, 4),
    "anthropic-claude-files-api-token-efficient-tool-use": ("paid", 3, 4),
    "archon-coleam00-yaml-workflow-engine-ai-coding-agents-deterministic-2026": ("paid", 2, 4),
    "claude-files-api": ("paid", 4, 4),
    "crag-governance-compiler-ai-coding-cursor-copilot-rules": ("paid", 2, 4),
    "cursor-1-0-background-agent-project-memory": ("free", 4, 4),
    "example-draft-vs-final-margin-notes": ("freemium", 1, 2),
    "example-overnight-rewrite-bot": ("paid", 0, 4),
    "github-copilot-multi-file-agent-mode-vscode": ("paid", 4, 4),
    "hugging-face-inference-providers-hub-unified-api-12-backends": ("free", 4, 4),
    "hugging-face-inference-providers-marketplace-pay-per-token": ("free", 4, 4),
    "hugging-face-inference-providers-v2-unified-billing-12-cloud-backends": ("free", 4, 4),
    "karpathy-skills-claudemd-four-principles-claude-code-behavior-2026": ("free", 3, 4),
    "llama-4-scout-quantized": ("free", 4, 4),
    "mattpocock-skills-real-engineers-claude-coding-agents-2026": ("free", 3, 4),
    "perplexity-sonar-pro-2-api-deep-research-citation-streaming": ("paid", 3, 4),
    "runway-gen-4-turbo-real-time-video-generation": ("free", 4, 4),
    "stability-ai-stable-diffusion-4-apache-open-source": ("free", 3, 4),
    "windsurf-wave-11-cascade-agent-multi-file-edits-memory": ("free", 3, 4),
}
# Other reviewers wrote on these than on the rest: they show what a page does then.
OTHER_CASTS = {
    "crag-governance-compiler-ai-coding-cursor-copilot-rules",
    "example-draft-vs-final-margin-notes",
    "perplexity-sonar-pro-2-api-deep-research-citation-streaming",
}


def test_the_demo_keeps_the_labels_and_panels_of_the_pages() -> None:
    assert {
        slug: (
            tool["pricing"]["entry"],
            sum(review["verdict"] == "ship" for review in tool["reviews"]),
            len(tool["reviews"]),
        )
        for slug, tool in TOOLS.items()
    } == PANELS


def test_the_demos_reviewers_are_personas_and_say_so() -> None:
    assert {reviewer["kind"] for reviewer in CATALOG["reviewers"]} == {"persona"}


@pytest.mark.parametrize("slug", TOOLS)
def test_nobody_tested_the_demos_tools_and_each_reading_names_its_pages(slug: str) -> None:
    basis = "synthetic" if slug.startswith("example-") else "read"

    for entry in TOOLS[slug]["reviews"]:
        assert (entry["basis"], bool(entry["evidence"])) == (basis, basis == "read"), entry["reviewer"]


def test_the_demos_answers_to_pairs_are_readings_that_name_their_pages() -> None:
    answers = CATALOG["head_to_head"]

    assert {(answer["basis"], bool(answer["evidence"])) for answer in answers} == {("read", True)}
    assert {answer["prefers"] in {None, *answer["tools"]} for answer in answers} == {True}
    assert any(answer["prefers"] is None for answer in answers)


def test_the_demo_shows_each_step_of_the_rule_a_tie_too_few_and_a_cycle(api: APIClient) -> None:
    load_demo(now=NOW)
    verdicts = {
        row["slug"]: row["verdict"] for row in api.get("/api/v1/comparisons?limit=100").json()["results"]
    }
    skills = ("karpathy-skills", "mattpocock-skills", "windsurf-wave-11")
    slugs = [slug for slug in TOOLS if slug.startswith(skills)]

    lineup = api.get(f"/api/v1/compare?tools={','.join(slugs)}").json()

    assert {verdict["decided_by"] for verdict in verdicts.values()} == {
        "panel", "head_to_head", "community", "picks", None,
    }  # fmt: skip
    assert {verdict["outcome"] for verdict in verdicts.values()} == {"winner", "tie", "insufficient"}
    assert lineup["cycles"] == [sorted(slugs)]
    assert {pair["verdict"]["decided_by"] for pair in lineup["pairs"]} == {"head_to_head", "picks"}


def test_the_first_pair_of_the_demo_has_a_winner_and_says_by_what(api: APIClient) -> None:
    load_demo(now=NOW)

    verdict = api.get("/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized").json()["verdict"]

    assert (verdict["winner"], verdict["decided_by"], verdict["strength"]) == (
        "claude-files-api", "head_to_head", "clear",
    )  # fmt: skip
    assert verdict["dissent"] == ["skeptic"]
    assert verdict["reasons"][1]["detail"] == (
        "Asked to choose, the panel prefers Claude Files API: "
        "3 reviewers choose Claude Files API, 1 reviewer chooses Llama 4 Scout Quantized."
    )


@pytest.mark.parametrize("slug", TOOLS)
def test_a_price_of_the_demo_has_a_day_and_a_page_or_no_amount(slug: str) -> None:
    pricing = TOOLS[slug]["pricing"]

    has_page = re.search(r"\w\.\w+/\w", pricing["note"]) is not None
    assert ("not checked" in pricing["note"], has_page) == (False, pricing["checked_on"] is not None)
    # The made-up price of a made-up product was checked nowhere.
    assert (pricing["starts_at"] is not None) is (has_page or "made-up price" in pricing["note"])


def test_the_demos_pairs_have_full_scorecards_but_for_a_few_that_show_the_other_case() -> None:
    casts = {slug: {review["reviewer"] for review in tool["reviews"]} for slug, tool in TOOLS.items()}
    pairs = [set(pair["tools"]) for pair in CATALOG["comparisons"]]

    partial = [pair for pair in pairs if len(set.union(*(casts[slug] for slug in pair))) != 4]

    assert partial == [pair for pair in pairs if pair & OTHER_CASTS]
    assert (len(partial), len(pairs)) == (5, 26)
