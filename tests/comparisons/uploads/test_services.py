"""A file that was sent: what it would change is shown, and exactly that is imported, or nothing."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.admin.errors import CurationError
from backend.api.models import Change
from catalog.models import Category, Tool, ToolFit
from comparisons.models import CatalogUpload
from comparisons.uploads import services
from newsletter import retention
from reviews.models import HeadToHead
from tests.comparisons.catalog_file.files import other_import, tool
from tests.comparisons.catalog_file.sheets import xlsx
from tests.database import start_elsewhere
from tests.factories import (
    CategoryFactory,
    ConditionFactory,
    HeadToHeadFactory,
    ToolFactory,
    ToolFitFactory,
)

pytestmark = pytest.mark.django_db


def send(content: bytes | dict[str, Any], name: str = "catalog.json") -> CatalogUpload:
    raw = content if isinstance(content, bytes) else json.dumps({"format": 1, **content}).encode()
    upload = services.keep(
        file=SimpleUploadedFile(name, raw), why="Prices of May", sent_by="curator", now=timezone.now()
    )
    services.look_at(upload_id=upload.pk, now=timezone.now())
    upload.refresh_from_db()
    return upload


def confirm(upload: CatalogUpload, shown: str | None = None) -> None:
    services.confirm(
        upload_id=upload.pk,
        shown=upload.digest if shown is None else shown,
        confirmed_by="editor",
        now=timezone.now(),
    )
    services.apply(upload_id=upload.pk, now=timezone.now())
    upload.refresh_from_db()


CATEGORIES = {"categories": [{"slug": "editors", "name": "Editors"}, {"slug": "new", "name": "New"}]}


def test_what_would_change_is_shown_and_nothing_is_written() -> None:
    CategoryFactory(slug="editors", name="Old")

    upload = send(CATEGORIES)

    assert upload.state == "checked"
    assert upload.report is not None
    assert upload.report["counts"][0] == ["categories", 1, 1, 0]
    assert upload.report["rows"] == [
        {"kind": "categories", "name": "editors", "is_new": False, "edits": [["name", "Old", "Editors"]]},
        {"kind": "categories", "name": "new", "is_new": True, "edits": [["name", "", "New"]]},
    ]
    assert [category.name for category in Category.objects.all()] == ["Old"]


def test_what_was_confirmed_is_imported_with_who_and_why_in_the_history() -> None:
    tool = ToolFactory(slug="alpha", tagline="Old")
    upload = send(
        f"slug,name,tagline,description,category,pricing.entry\nalpha,{tool.name},New,It waits.,"
        f"{tool.category.slug},{tool.pricing_entry}\n".encode(),
        "tools.csv",
    )

    confirm(upload)

    assert (upload.state, upload.content) == ("done", None)
    tool.refresh_from_db()
    assert tool.tagline == "New"
    last = Change.objects.filter(row_id=tool.pk).order_by("-id").first()
    assert last is not None
    assert (last.source, last.actor, last.why) == ("import_catalog", "editor", "Prices of May")


def test_a_catalog_that_was_changed_in_between_is_shown_anew_and_nothing_is_imported() -> None:
    category = CategoryFactory(slug="editors", name="Old")
    upload = send(CATEGORIES)
    Category.objects.filter(pk=category.pk).update(name="Changed meanwhile")

    confirm(upload)

    assert upload.state == "checked"
    assert upload.report is not None
    assert upload.report["is_anew"]
    assert upload.report["rows"][0]["edits"] == [["name", "Changed meanwhile", "Editors"]]
    assert list(Category.objects.values_list("name", flat=True)) == ["Changed meanwhile"]
    confirm(upload)
    assert upload.state == "done"
    assert Category.objects.get(slug="editors").name == "Editors"


def test_the_conditions_of_a_tool_are_shown_and_a_colleagues_are_not_overwritten_unseen() -> None:
    fit = ToolFitFactory(
        condition__slug="offline", tool__slug="alpha", note="Yes.", checked_on=date(2026, 11, 2)
    )
    ConditionFactory(slug="cheap")
    CategoryFactory(slug="editors")
    fits = [{"condition": "cheap", "evidence": fit.evidence, "checked_on": "2026-11-03"}]
    upload = send({"tools": [tool("alpha", fits=fits)]})
    assert upload.report is not None
    [(before, after)] = [values for key, *values in upload.report["rows"][0]["edits"] if key == "fits"]
    assert before.startswith("alpha if offline: Yes.")
    assert after.startswith("alpha if cheap: ")
    ToolFit.objects.update(note="A colleague was here.")

    confirm(upload)

    assert upload.state == "checked"
    assert ToolFit.objects.get().note == "A colleague was here."


def test_of_a_new_row_all_that_it_will_hold_is_shown_its_state_too() -> None:
    CategoryFactory(slug="editors")

    upload = send({"tools": [tool("new")]})

    assert upload.report is not None
    [row] = upload.report["rows"]
    assert row["is_new"]
    assert {key: after for key, _, after in row["edits"]}.items() >= {
        ("name", "New"), ("category", "editors"), ("status", "published"),
    }  # fmt: skip


def test_a_tool_can_be_moved_into_a_category_of_the_same_file() -> None:
    tool = ToolFactory(category=CategoryFactory(slug="old"))
    upload = send(
        xlsx(
            categories=[["slug", "name"], ["new", "New"]],
            tools=[
                ["slug", "name", "tagline", "description", "category", "pricing.entry"],
                [tool.slug, tool.name, tool.tagline, tool.description, "new", tool.pricing_entry],
            ],
        ),
        "catalog.xlsx",
    )

    assert upload.report is not None
    assert upload.report["rows"][1]["edits"] == [["category", "old", "new"]]
    confirm(upload)

    assert upload.state == "done"
    tool.refresh_from_db()
    assert tool.category.slug == "new"


def test_an_answer_to_a_pair_is_shown_with_the_tool_that_it_prefers() -> None:
    answer = HeadToHeadFactory()
    answer.refresh_from_db()
    first, second, reviewer = answer.first_tool.slug, answer.second_tool.slug, answer.reviewer.slug
    HeadToHead.objects.update(choice=None)

    upload = send({"head_to_head": [{"tools": [first, second], "reviewer": reviewer, "prefers": first}]})

    assert upload.report is not None
    assert upload.report["rows"][0]["edits"][0] == ["prefers", "", first]


@pytest.mark.parametrize("shown", ["", "0" * 64])
def test_what_was_not_shown_can_not_be_confirmed(shown: str) -> None:
    upload = send(CATEGORIES)

    with pytest.raises(CurationError, match="look at its page again"):
        confirm(upload, shown)

    assert not Category.objects.exists()


def test_it_is_imported_once() -> None:
    upload = send(CATEGORIES)
    confirm(upload)
    Category.objects.filter(slug="new").update(name="Mine")

    services.apply(upload_id=upload.pk, now=timezone.now())
    services.look_at(upload_id=upload.pk, now=timezone.now())

    assert Category.objects.get(slug="new").name == "Mine"
    with pytest.raises(CurationError):
        confirm(upload)


@pytest.mark.parametrize(
    ("content", "name", "problems"),
    [
        (b"MZ\x90\0\x03", "a.exe", ['"a.exe": is not read. Send JSON, XLSX, or a CSV that is named like its sheet']),
        pytest.param(b'{"format": 1,}', "c.json", ["1:14: is not JSON"], id="no JSON"),
        pytest.param(
            b"slug,name\nno slug,One\ntwo,\n", "categories.csv",
            ["categories row 2, column A (slug): must be", "categories row 3, column B (name)"],
            id="bad cells",
        ),
        pytest.param(b"slug,name\none,Gr\xfcn\n", "categories.csv", ["is not UTF-8"], id="Latin-1"),
        pytest.param(
            b"slug,name\none,One\none,Two\n", "categories.csv",
            ['categories row 3, column A (slug): "one" stands already at categories row 2'],
            id="a slug twice",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_place_and_nothing_is_written(
    content: bytes, name: str, problems: list[str]
) -> None:
    upload = send(content, name)

    assert (upload.state, upload.content) == ("refused", None)
    for line, words in zip(upload.problems, problems, strict=True):
        assert words in line
    assert not Category.objects.exists()


def test_an_outage_refuses_no_file_and_the_next_try_takes_it() -> None:
    file = SimpleUploadedFile("categories.csv", b"slug,name\none,One\n")
    upload = services.keep(file=file, why="New.", sent_by="curator", now=timezone.now())

    with other_import(), pytest.raises(OperationalError):
        services.look_at(upload_id=upload.pk, now=timezone.now())
    upload.refresh_from_db()
    assert (upload.state, upload.content is None) == ("waiting", False)
    services.look_at(upload_id=upload.pk, now=timezone.now())
    upload.refresh_from_db()
    with other_import(), pytest.raises(OperationalError):
        confirm(upload)
    upload.refresh_from_db()
    assert (upload.state, upload.content is None) == ("confirmed", False)
    services.apply(upload_id=upload.pk, now=timezone.now())

    upload.refresh_from_db()
    assert upload.state == "done"
    assert Category.objects.get().name == "One"


def test_a_confirmed_file_is_read_before_its_row_is_locked() -> None:
    upload = send(b"slug,name\none,One\n", "categories.csv")
    services.confirm(upload_id=upload.pk, shown=upload.digest, confirmed_by="editor", now=timezone.now())

    with CaptureQueriesContext(connection) as queries:
        services.apply(upload_id=upload.pk, now=timezone.now())

    statements = [query["sql"] for query in queries]
    locks = [number for number, sql in enumerate(statements) if "FOR UPDATE" in sql and "upload" in sql]
    reads = [
        number for number, sql in enumerate(statements) if '"content"' in sql and sql.startswith("SELECT")
    ]
    assert max(reads) < min(locks)


def test_all_or_nothing() -> None:
    upload = send(
        b"slug,name,tagline,description,category,pricing.entry\n"
        b"good,Good,,,editors,free\nbad,Bad,,,nowhere,free\n",
        "tools.csv",
    )

    assert upload.state == "refused"
    assert not Tool.objects.exists()


@pytest.mark.parametrize(("days", "is_there"), [(6, True), (8, False)])
def test_what_nobody_confirmed_is_forgotten_after_a_week(days: int, is_there: bool) -> None:
    waits, done = send(CATEGORIES), send(CATEGORIES)
    confirm(done)

    retention.purge_expired(now=timezone.now() + timedelta(days=days))

    assert CatalogUpload.objects.filter(pk=waits.pk).exists() is is_there
    assert CatalogUpload.objects.filter(pk=done.pk).exists()


@pytest.mark.parametrize(("days", "is_there"), [(6, True), (8, False)])
def test_what_was_confirmed_has_a_week_more_to_be_imported(days: int, is_there: bool) -> None:
    upload = send(CATEGORIES)
    later = timezone.now() + timedelta(days=6)
    services.confirm(upload_id=upload.pk, shown=upload.digest, confirmed_by="editor", now=later)

    retention.purge_expired(now=later + timedelta(days=days))

    assert CatalogUpload.objects.exists() is is_there


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_late_refuses_nothing_that_was_confirmed_since() -> None:
    upload = send(CATEGORIES)
    CatalogUpload.objects.update(state="waiting", content=b"no JSON")

    with transaction.atomic():
        CatalogUpload.objects.select_for_update().get()
        looking = start_elsewhere(lambda: services.look_at(upload_id=upload.pk, now=timezone.now()))
        CatalogUpload.objects.update(state="confirmed", confirmed_by="editor")
    looking.result(timeout=30)

    assert CatalogUpload.objects.get().state == "confirmed"


def test_progress_is_told_while_it_goes_on() -> None:
    upload = send({"categories": [{"slug": f"c-{n}", "name": f"C {n}"} for n in range(600)]})

    assert services.progress_of(upload) == "1,100 of 1,200 steps"
    assert services.progress_of(CatalogUpload()) == ""
