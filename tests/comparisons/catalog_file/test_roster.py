"""Reviewers that a catalog file brings: their places, and whether they are the demo's."""

import io
from typing import Any

import pytest

from comparisons.catalog_file.demo.loader import load_demo
from comparisons.catalog_file.importing import ImportReport, import_catalog
from comparisons.catalog_file.roster import DEMO_FILE
from reviews.models import Reviewer
from tests.comparisons.catalog_file.files import source
from tests.factories import NOW, ReviewerFactory

pytestmark = pytest.mark.django_db


def load(**keys: Any) -> ImportReport:
    return import_catalog(source=io.BytesIO(source(**keys)), now=NOW)


def test_new_reviewers_take_the_places_after_the_last() -> None:
    ReviewerFactory(slug="first", position=4)

    load(
        reviewers=[
            {"slug": "builder", "name": "B"},
            {"slug": "skeptic", "name": "S", "position": 9},
            {"slug": "founder", "name": "F"},
            {"slug": "zero", "name": "Z", "position": 0},
        ]
    )

    assert dict(Reviewer.objects.values_list("slug", "position")) == {
        "first": 4,
        "builder": 10,
        "skeptic": 9,
        "founder": 11,
        "zero": 0,
    }


def test_after_the_last_place_of_the_roster_new_reviewers_share_it() -> None:
    ReviewerFactory(position=32_767)

    load(reviewers=[{"slug": "builder", "name": "B"}, {"slug": "skeptic", "name": "S"}])

    assert list(Reviewer.objects.values_list("position", flat=True)) == [32_767] * 3


def test_an_import_beside_the_demo_says_that_it_is_one() -> None:
    load_demo(now=NOW)

    with DEMO_FILE.open("rb") as demo:
        again = import_catalog(source=demo, now=NOW)
    assert [line for line in again.warnings if "demo" in line] == []
    (told,) = [line for line in load(reviewers=[{"slug": "own", "name": "Own"}]).warnings if "demo" in line]
    assert told.startswith("the database holds the demo's content: its reviewers (builder, ")
