"""The demo's content: what comes into an empty database, and that nothing else is ever touched."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Category, Tool
from comparisons.catalog_file.demo.loader import DemoReport, load_demo
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.models import Comparison
from tests.comparisons.catalog_file.files import source, tool
from tests.factories import NOW, CategoryFactory, ReviewerFactory, ToolFactory
from votes.models import Pick, PublishedPickTally, PublishedTally, Vote, Voter

pytestmark = pytest.mark.django_db

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


def test_a_second_run_changes_nothing_whatever_a_curator_did(demo: Path) -> None:
    load_demo(now=NOW, directory=demo)
    Tool.objects.filter(slug="alpha").update(tagline="A curator's words")
    Comparison.objects.all().delete()

    assert load_demo(now=NOW, directory=demo) is None

    assert Tool.objects.get(slug="alpha").tagline == "A curator's words"
    assert (Comparison.objects.count(), Vote.objects.count()) == (0, 5)


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
