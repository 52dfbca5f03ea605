"""What curators do to tools."""

from datetime import timedelta

import pytest

from backend.admin.errors import CurationError
from catalog import services
from tests.factories import AHEAD, NOW, ToolFactory

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


def test_a_published_tool_is_archived() -> None:
    tool = ToolFactory()

    services.archive(tool, now=LATER)

    tool.refresh_from_db()
    assert (tool.status, tool.published_at, tool.updated_at) == ("archived", NOW, LATER)


def test_a_published_tool_is_not_published_again() -> None:
    tool = ToolFactory()

    with pytest.raises(CurationError, match=r"^already published$"):
        services.publish(tool, now=LATER)

    before = tool.updated_at
    tool.refresh_from_db()
    assert tool.updated_at == before


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_only_a_published_tool_is_archived(status: str) -> None:
    tool = ToolFactory(status=status)

    with pytest.raises(CurationError, match=r"^not published$"):
        services.archive(tool, now=LATER)

    tool.refresh_from_db()
    assert tool.status == status


def test_a_scheduled_tool_is_not_archived_but_unscheduled() -> None:
    tool = ToolFactory(published_at=AHEAD)

    with pytest.raises(CurationError, match=r"^not public yet: unschedule it$"):
        services.archive(tool, now=LATER)

    tool.refresh_from_db()
    assert (tool.status, tool.public_at) == ("published", AHEAD)
