"""`load_demo`: the demo that comes with the product, once."""

import io
import json
from collections import Counter

import pytest
from django.core.management import call_command

from comparisons.catalog_file.demo.loader import DEMO
from comparisons.models import Comparison
from votes.models import Pick, PublishedTally, Vote

pytestmark = pytest.mark.django_db


def test_the_command_loads_the_demo_that_comes_with_the_product() -> None:
    counts = json.loads((DEMO / "votes.json").read_text())
    catalog = json.loads((DEMO / "catalog.json").read_text())
    first, second = io.StringIO(), io.StringIO()

    call_command("load_demo", stdout=first)
    call_command("load_demo", stdout=second)

    assert second.getvalue() == "There is a catalog already: nothing changed.\n"
    assert first.getvalue() == (
        f"Demo loaded: {len(catalog['tools'])} tools, {len(catalog['comparisons'])} comparisons, "
        f"{Vote.objects.count()} votes, {Pick.objects.count()} picks.\n"
    )
    tallies = PublishedTally.objects.exclude(total=0).values_list("tool__slug", "ship", "skip")
    assert {slug: {"ship": ship, "skip": skip} for slug, ship, skip in tallies} == counts["tools"]
    picks = Counter(Pick.objects.values_list("first_tool", "second_tool", "chosen_tool"))
    assert {
        pair.slug: {"first": picks[*key, pair.first_tool_id], "second": picks[*key, pair.second_tool_id]}
        for pair in Comparison.objects.select_related("first_tool", "second_tool")
        for key in [sorted([pair.first_tool_id, pair.second_tool_id])]
        if pair.slug in counts["picks"]
    } == counts["picks"]
    assert sum(picks.values()) == sum(sum(answer.values()) for answer in counts["picks"].values())
