"""Actions of lists: what is asked first, what is done, and what is told of it."""

import pytest
from django.contrib.admin.models import LogEntry

from catalog.models import Tool
from tests.desk import act, messages_of, open_desk
from tests.factories import ToolFactory

TOOLS = "/admin/catalog/tool/"


@pytest.mark.django_db
def test_a_selection_is_told_how_many_were_done_and_names_ten_that_were_left() -> None:
    done = ToolFactory.create_batch(2)
    left = [ToolFactory(name=f"T{n:02}", slug=f"t{n:02}", status="archived") for n in range(12)]

    told = act(open_desk(), TOOLS, "archive", [*done, *left])

    names = ", ".join(f"T{n:02} (t{n:02})" for n in range(10))
    assert told == ["2 tools archived.", f"Not archived (not published): {names} and 2 more."]
    assert set(LogEntry.objects.values_list("object_id", "change_message")) == {
        (str(tool.pk), "Archived. A reason.") for tool in done
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param({"sure": "2", "why": " "}, "Nothing was done: say why.", id="without a reason"),
        pytest.param({"sure": "1", "why": "old"}, "By now it is about others.", id="for another number"),
        pytest.param({"why": "old"}, None, id="that was not asked yet"),
    ],
)
def test_nothing_is_done_by_an_answer(answer: dict[str, str], words: str | None) -> None:
    tools = ToolFactory.create_batch(2)
    chosen = {"action": "archive", "_selected_action": [str(tool.pk) for tool in tools]}

    page = open_desk().post(TOOLS, chosen | answer)

    assert "Archive 2 tools?" in page.content.decode()
    assert messages_of(page) == ([words] if words else [])
    assert Tool.objects.filter(status="published").count() == 2
