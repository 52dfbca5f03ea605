"""What a history tells: what its reader's form shows, by the names that stand there."""

import json

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from backend.admin.history import as_shown, columns_of, labels_below, labels_of
from backend.api.models import Change
from catalog.models import Tool, ToolFit
from tests.backend.admin.test_roles import staff_of
from tests.desk import submit
from tests.factories import ToolFactory

TOOLS = "/admin/catalog/tool/"
LABELS = {"name": "Name", "published_at": "Public from", "why": "why"}
BELOW = {"fit": {"note": "Note"}}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        pytest.param([{"added": {}}], "Added.", id="a new row"),
        pytest.param([{"changed": {"fields": ["Name", "why"]}}], "Changed Name and why.", id="labels"),
        pytest.param(
            [{"changed": {"fields": ["published_at", "Time zone of this date"]}}],
            "Changed Public from.",
            id="a name has its label, and what is not shown goes",
        ),
        pytest.param(
            [{"changed": {"fields": ["Time zone of this date"]}}], "Changed.", id="nothing is shown"
        ),
        pytest.param(
            [{"changed": {"name": "fit", "object": "offline", "fields": ["Note", "Position"]}}],
            "Changed Note for fit “offline”.",
            id="a row below",
        ),
        pytest.param(
            [{"added": {"name": "secret", "object": "x"}}, {"deleted": {"name": "fit", "object": "offline"}}],
            "Deleted fit “offline”.",
            id="rows below that are not shown",
        ),
    ],
)
def test_a_line_of_the_log_names_what_is_shown(parts: list[object], words: str) -> None:
    line = LogEntry(change_message=as_shown(json.dumps(parts), LABELS, BELOW))

    assert line.get_change_message() == words


@pytest.mark.parametrize("sentence", ["Published. A reason.", "[sic] it says", "[]", ""])
def test_sentences_of_the_log_stay(sentence: str) -> None:
    assert as_shown(sentence, LABELS, BELOW) == sentence


@pytest.mark.django_db
def test_labels_are_those_of_the_readers_form() -> None:
    tool, page = ToolFactory(), admin.site.get_model_admin(Tool)

    def labels(user: User) -> dict[str, str]:
        request = RequestFactory().get("/")
        request.user = user
        [(kind, below)] = labels_below(page, request, tool).items()
        assert kind == str(ToolFit._meta.verbose_name)
        assert below["note"] == "Note"
        return labels_of(page, request, tool)

    writers, editors = labels(staff_of("Writer")), labels(staff_of("Editor"))

    assert editors["zone"] == "Time zone of this date"
    assert not {"zone", "merge_link"} & writers.keys()
    assert writers["published_at"] == editors["published_at"]
    assert columns_of(Tool, writers, BELOW).items() >= {"category_id": "Category", ": note": ": note"}.items()
    assert not {"search", "sort_key", "public_at"} & columns_of(Tool, editors, {}).keys()


@pytest.mark.django_db
def test_a_history_names_no_field_that_its_reader_is_not_shown() -> None:
    tool = ToolFactory(status="draft", tagline="Before")
    writer, editor = Client(), Client()
    writer.force_login(staff_of("Writer"))
    editor.force_login(staff_of("Editor"))

    submit(
        editor,
        f"{TOOLS}{tool.pk}/change/",
        published_at_0="2026-12-24",
        published_at_1="09:00",
        zone="Europe/Berlin",
    )
    submit(writer, f"{TOOLS}{tool.pk}/change/", tagline="After")
    columns = {"public_at": [None, "2026-12-24"]}
    Change.objects.create(table_name="catalog_tool", row_id=tool.pk, action="update", columns=columns)
    lines = [line.change_message for line in LogEntry.objects.order_by("pk")]
    editors, writers = (desk.get(f"{TOOLS}{tool.pk}/history/").content.decode() for desk in (editor, writer))

    # A zone that no page showed was not changed.
    assert [json.loads(line)[0]["changed"]["fields"] for line in lines] == [
        ["Published at", "Time zone of this date"], ["Tagline"],
    ]  # fmt: skip
    assert "Time zone of this date" in editors
    assert "Time zone of this date" not in writers
    assert "Changed Published at." in writers
    assert "<dt>Published at</dt>" in writers
    for page in (editors, writers):
        assert "Only what your form does not show." in page
        assert "public_at" not in page
