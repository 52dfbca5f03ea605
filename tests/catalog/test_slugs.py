"""Slugs that a caller filters by: known ones pass, the others are named."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.exceptions import ValidationError

from catalog.models import Tool
from catalog.slugs import CATEGORY, CONDITION, TOOL, SlugKind, known_slugs, refuse_unknown_slugs
from reviews.slugs import REVIEWER
from tests.factories import CategoryFactory, ConditionFactory, ReviewerFactory, ToolFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalog() -> None:
    category = CategoryFactory(slug="editors")
    ReviewerFactory(slug="skeptic")
    ConditionFactory(slug="offline")
    ToolFactory(slug="draft", status="draft", published_at=None, category=category)
    ToolFactory(slug="archived", status="archived", category=category)
    renamed = ToolFactory(slug="before", category=category)
    Tool.objects.filter(pk=renamed.pk).update(slug="after")


@pytest.mark.parametrize(
    ("kind", "slug", "is_known"),
    [
        pytest.param(CATEGORY, "editors", True, id="a category"),
        pytest.param(REVIEWER, "skeptic", True, id="a reviewer"),
        pytest.param(CONDITION, "offline", True, id="a condition"),
        pytest.param(TOOL, "after", True, id="a tool"),
        pytest.param(TOOL, "before", True, id="an earlier slug"),
        pytest.param(TOOL, "archived", True, id="an archived tool"),
        pytest.param(TOOL, "draft", False, id="a draft"),
        pytest.param(TOOL, "editors", False, id="a slug of another kind"),
        pytest.param(CATEGORY, "nowhere", False, id="nobody's slug"),
    ],
)
def test_a_slug_is_known_if_readers_may_follow_it(kind: SlugKind, slug: str, is_known: bool) -> None:
    assert known_slugs([(kind, slug)]) == ({(kind, slug)} if is_known else set())


def test_slugs_of_all_kinds_are_looked_up_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    asked = [(CATEGORY, "editors"), (REVIEWER, "skeptic"), (TOOL, "before"), (TOOL, "x")]

    with django_assert_num_queries(1):
        assert known_slugs(asked) == set(asked[:3])
    with django_assert_num_queries(0):
        assert known_slugs([]) == set()


def test_every_unknown_slug_is_named_under_its_parameter() -> None:
    params = {"category": ["editors", "toys"], "shipped_by": ["nobody", "skeptic", "noone"], "tool": []}

    with pytest.raises(ValidationError) as refusal:
        refuse_unknown_slugs(params, {"category": CATEGORY, "shipped_by": REVIEWER, "tool": TOOL})

    assert refusal.value.detail == {
        "category": ["No category is called 'toys'; /api/v1/categories lists them."],
        "shipped_by": [
            "No reviewer is called 'nobody'; /api/v1/reviewers lists them.",
            "No reviewer is called 'noone'; /api/v1/reviewers lists them.",
        ],
    }


def test_known_slugs_pass() -> None:
    refuse_unknown_slugs({"category": ["editors"], "tool": ["before"]}, {"category": CATEGORY, "tool": TOOL})
