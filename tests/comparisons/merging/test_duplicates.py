"""Which tools look like one, and by what."""

from typing import Any

import pytest

from comparisons.merging.duplicates import all_likenesses, likenesses_of
from comparisons.merging.merging import merge_tools
from tests.factories import NOW, ToolFactory

pytestmark = pytest.mark.django_db

ALIKE = [
    pytest.param({"name": "Claw Code"}, {"name": "claw-code"}, "same name", id="case and marks"),
    pytest.param({"name": "Mistral 3 Small (22B)"}, {"name": "Mistral 3 Small"}, "same name", id="a size in brackets"),
    pytest.param(
        {"website": "https://www.claw.example/"}, {"website": "http://claw.example"}, "same website", id="addresses"
    ),
    pytest.param(
        {"slug": "perplexity-sonar-pro-2-api"}, {"slug": "perplexity-sonar-pro-2-grounded"}, "slugs begin alike",
        id="three words of a slug",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "reason"), ALIKE)
def test_tools_that_may_be_one_are_found_from_either_and_in_the_list(
    one: dict[str, Any], other: dict[str, Any], reason: str
) -> None:
    ToolFactory(website="https://elsewhere.example/")
    first, second = ToolFactory(**{"slug": "a", **one}), ToolFactory(**{"slug": "b", **other})

    assert likenesses_of(first) == [(second, [reason])]
    assert likenesses_of(second) == [(first, [reason])]
    assert [(likeness.tools, likeness.reasons) for likeness in all_likenesses()] == [
        (sorted((first, second), key=lambda tool: tool.slug), [reason])
    ]


def test_tools_without_a_website_have_none_in_common() -> None:
    ToolFactory.create_batch(3, website="")

    assert all_likenesses() == []


def test_what_was_merged_is_no_duplicate_any_more() -> None:
    one, other = ToolFactory(name="Claw Code"), ToolFactory(name="Claw Code")

    merge_tools(merged=one, kept=other, why="", merged_by="", now=NOW)

    assert (likenesses_of(other), all_likenesses()) == ([], [])


def test_known_releases_of_one_product_are_no_duplicates() -> None:
    one, other = (
        ToolFactory(name="Claw Code", slug=slug, product=words)
        for slug, words in (("a", "Claw"), ("b", "CLAW"))
    )

    assert (likenesses_of(one), all_likenesses()) == ([], [])

    third = ToolFactory(name="Claw-Code", slug="c")

    assert {found for found, _ in likenesses_of(third)} == {one, other}
    assert likenesses_of(one) == [(third, ["same name"])]
    assert [likeness.tools for likeness in all_likenesses()] == [[one, other, third]]


def test_tools_of_no_product_are_as_alike_as_ever() -> None:
    ToolFactory.create_batch(2, name="Claw Code", product="")

    assert len(all_likenesses()) == 1


@pytest.mark.parametrize(("products", "expected"), [(("", ""), "Claw"), (("", "The Claw"), "The Claw")])
def test_a_group_is_called_as_one_of_them_says_or_by_the_shortest_name(
    products: tuple[str, str], expected: str
) -> None:
    for name, product in zip(("Claw (22B)", "Claw"), products, strict=True):
        ToolFactory(name=name, product=product)

    assert [likeness.product for likeness in all_likenesses()] == [expected]


def test_more_in_common_comes_first() -> None:
    one = ToolFactory(slug="a-b-c-1", name="Claw", website="https://claw.example")
    by_slug = ToolFactory(slug="a-b-c-2", name="Else")
    by_two = ToolFactory(slug="z", name="Claw", website="https://claw.example/")

    assert [other for other, _ in likenesses_of(one)] == [by_two, by_slug]
