"""The tools of a file: which stored tool each row means, by the slugs it has or had."""

import pytest

from catalog.models import Tool, ToolAlias
from comparisons.catalog_file.upsert import Change
from comparisons.models import Comparison
from tests.comparisons.catalog_file.files import alpha, load, tool
from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db


def test_a_tool_is_found_by_a_slug_it_once_had_and_keeps_its_present_one() -> None:
    kept = ToolFactory(slug="alfa")
    Tool.objects.filter(pk=kept.pk).update(slug="alpha-2")

    report = load(
        tools=[tool("alfa", tagline="New"), tool("beta")], comparisons=[{"tools": ["beta", "alfa"]}]
    )

    kept.refresh_from_db()
    assert (kept.slug, kept.tagline) == ("alpha-2", "New")
    assert report.warnings == ('tools[0].slug: "alfa" is an earlier slug of "alpha-2", which is meant',)
    assert Comparison.objects.get().slug == "alpha-2-vs-beta"


def test_a_tool_whose_earlier_slug_the_file_gives_is_renamed() -> None:
    kept = ToolFactory(slug="alfa", name="Alpha")

    report = load(**alpha(aliases=["alfa", "alif"]))

    kept.refresh_from_db()
    assert kept.slug == "alpha"
    assert set(ToolAlias.objects.values_list("slug", "tool_id")) == {("alfa", kept.pk), ("alif", kept.pk)}
    assert report.warnings == ('tools[0].slug: "alfa" is now called "alpha"',)
    assert report.changes[0].fields[0] == "slug"
    assert load(**alpha(aliases=["alfa", "alif"])).is_empty


def test_aliases_are_added_and_none_is_taken_away() -> None:
    load(**alpha(aliases=["alfa"]))

    report = load(**alpha(aliases=["alif"]))

    assert report.changes == (Change("tools", "alpha", ("aliases",)),)
    assert set(ToolAlias.objects.values_list("slug", flat=True)) == {"alfa", "alif"}


def test_tools_of_one_name_are_told_of_and_left_alone() -> None:
    ToolFactory(slug="old-one", name="Ａlpha\u00a0 one")
    ToolFactory(slug="other", name="Other")
    ToolFactory(slug="other-2", name="Other")

    report = load(
        tools=[tool("alpha", name="alpha ONE"), tool("beta", name="Beta"), tool("beta-2", name="BETA")],
    )

    assert report.warnings == (
        'tools[0]: 2 tools are called "alpha ONE": alpha, old-one',
        'tools[1], tools[2]: 2 tools are called "Beta": beta, beta-2',
    )
    assert Tool.objects.count() == 6
