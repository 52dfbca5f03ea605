"""Slugs that the pairs of a tool would come to have."""

import pytest

from comparisons.tools.slugs import taken_pair_slugs
from tests.factories import ComparisonFactory, ToolFactory

pytestmark = pytest.mark.django_db


def test_a_slug_that_another_pair_has_is_taken() -> None:
    tool, cc = ToolFactory(slug="aa"), ToolFactory(slug="cc")
    ComparisonFactory(first_tool=tool, second_tool=cc)
    ComparisonFactory(first_tool=ToolFactory(slug="aa-vs-bb"), second_tool=cc)

    assert taken_pair_slugs(tool, "aa-vs-bb") == ["aa-vs-bb-vs-cc"]
    assert taken_pair_slugs(tool, "aa-2") == []
