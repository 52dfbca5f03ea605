"""The comparisons of a file: by which slugs they are found, and which two they can't be."""

import pytest

from comparisons.models import Comparison
from tests.comparisons.catalog_file.files import lines_of, load, tool

pytestmark = pytest.mark.django_db


def test_a_pair_may_be_named_by_a_slug_that_the_file_itself_calls_earlier() -> None:
    load(tools=[tool("alpha", aliases=["alfa"]), tool("beta")], comparisons=[{"tools": ["beta", "alfa"]}])

    assert Comparison.objects.get().slug == "alpha-vs-beta"


def test_two_pairs_of_one_slug_are_refused_with_words() -> None:
    rows = [tool(slug) for slug in ("aa", "bb-vs-cc", "aa-vs-bb", "cc")]

    lines = lines_of(tools=rows, comparisons=[{"tools": ["aa", "bb-vs-cc"]}, {"tools": ["cc", "aa-vs-bb"]}])

    assert lines == (
        'database: The slug "aa-vs-bb-vs-cc" leads to another pair already: rename one of the tools.',
    )
    assert Comparison.objects.count() == 0
