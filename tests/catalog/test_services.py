"""What curators do to tools."""

from datetime import timedelta

import pytest

from backend.admin.errors import CurationError
from catalog import services
from catalog.models import Tool
from tests.factories import NOW, ToolFactory

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


def test_a_draft_is_published_now() -> None:
    tool = ToolFactory(status="draft", published_at=None)

    services.publish(tool, now=LATER)

    tool.refresh_from_db()
    assert (tool.status, tool.published_at, tool.updated_at) == ("published", LATER, LATER)


def test_an_archived_tool_comes_back_with_its_first_date() -> None:
    tool = ToolFactory(status="archived", published_at=NOW)

    services.publish(tool, now=LATER)

    tool.refresh_from_db()
    assert (tool.status, tool.published_at, tool.updated_at) == ("published", NOW, LATER)


def test_a_published_tool_is_not_published_again() -> None:
    tool = ToolFactory()

    with pytest.raises(CurationError, match=r"^already published$"):
        services.publish(tool, now=LATER)

    before = tool.updated_at
    tool.refresh_from_db()
    assert tool.updated_at == before


def test_releases_name_their_product_and_others_keep_theirs() -> None:
    releases = [ToolFactory() for _ in range(2)]
    other = ToolFactory(product="Other")

    number = services.group_releases(
        Tool.objects.filter(pk__in=[tool.pk for tool in releases]), product="Claw", now=LATER
    )

    assert number == 2
    assert set(Tool.objects.values_list("product", "updated_at")) == {
        ("Claw", LATER), ("Other", other.updated_at),
    }  # fmt: skip
