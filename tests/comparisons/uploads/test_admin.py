"""The pages of import and export: small files at once, large ones by a worker, and nothing without the permission."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from backend.admin.roles import ROLES
from catalog.models import Category, Tool
from comparisons.models import CatalogUpload
from comparisons.uploads import admin
from comparisons.uploads.tasks import look_at_upload
from tests.backend.admin.test_roles import staff_of
from tests.comparisons.catalog_file.files import other_import
from tests.comparisons.catalog_file.sheets import bomb
from tests.desk import count_queries, desk_of, messages_of, open_desk
from tests.factories import CategoryFactory, ToolFactory
from tests.queues import waiting

pytestmark = pytest.mark.django_db

UPLOADS = "/admin/comparisons/catalogupload/"


def send(desk: Client, content: bytes, name: str = "categories.csv", why: str = "New.") -> str:
    """Sends a file, and returns what the page after says."""
    sent = {"file": SimpleUploadedFile(name, content), "why": why}
    return str(desk.post(f"{UPLOADS}send/", sent, follow=True).content.decode())


def look() -> str:
    return f"{UPLOADS}{CatalogUpload.objects.get().pk}/"


def test_a_file_is_shown_and_confirmed() -> None:
    desk = open_desk()
    CategoryFactory(slug="one", name="Old")

    page = send(desk, b"slug,name\none,<b>New</b>\ntwo,Two\n")

    assert "<del>Old</del>" in page
    assert "<ins>&lt;b&gt;New&lt;/b&gt;</ins>" in page
    shown = CatalogUpload.objects.get().digest
    answer = desk.post(look(), {"shown": shown, "confirm": "Import just this"}, follow=True)
    assert messages_of(answer) == ["Imported: categories.csv."]
    assert set(Category.objects.values_list("name", flat=True)) == {"<b>New</b>", "Two"}
    assert CatalogUpload.objects.get().confirmed_by == "curator"


@pytest.mark.parametrize("shown", ["0" * 64, "\0"])
def test_a_page_of_yesterday_confirms_nothing(shown: str) -> None:
    desk = open_desk()
    send(desk, b"slug,name\none,One\n")

    answer = desk.post(look(), {"shown": shown, "confirm": "1"}, follow=True)

    assert messages_of(answer) == [
        "Nothing was imported: it no longer waits for that: look at its page again."
    ]
    assert not Category.objects.exists()


def test_problems_stand_with_their_cells() -> None:
    page = send(open_desk(), b"slug,name\nno slug,One\n")

    assert "categories row 2, column A (slug): must be" in page
    assert "Import just this" not in page


def test_a_file_without_changes_offers_nothing_to_confirm() -> None:
    CategoryFactory(slug="one", name="One", description="")

    page = send(open_desk(), b"slug,name\none,One\n")

    assert "No change." in page
    assert "Import just this" not in page


@pytest.mark.parametrize(
    ("content", "why", "error"),
    [(b"", "New.", "The file is empty."), (b"slug,name\n", "", "This field is required.")],
)
def test_a_file_asks_for_content_and_a_reason(content: bytes, why: str, error: str) -> None:
    assert error in send(open_desk(), content, why=why)
    assert not CatalogUpload.objects.exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(b"slug,name\n" + b"\n" * admin.AT_ONCE_BYTES, "categories.csv", id="as it is"),
        pytest.param(bomb(megabytes=5), "catalog.xlsx", id="once it is unpacked"),
    ],
)
@pytest.mark.usefixtures("queue")
def test_a_large_file_waits_for_a_worker_and_the_page_loads_itself_anew(content: bytes, name: str) -> None:
    page = send(open_desk(), content, name)

    upload = CatalogUpload.objects.get()
    assert (upload.state, waiting(look_at_upload)) == ("waiting", [[str(upload.pk)]])
    assert 'data-reload="5"' in page
    assert "A worker will begin in a moment" in page


@pytest.mark.usefixtures("queue")
def test_what_meets_another_import_is_left_to_a_worker() -> None:
    desk = open_desk()

    with other_import():
        page = send(desk, b"slug,name\none,One\n")

    assert waiting(look_at_upload) == [[str(CatalogUpload.objects.get().pk)]]
    assert "A worker will begin in a moment" in page
    look_at_upload(*waiting(look_at_upload)[0])
    assert CatalogUpload.objects.get().state == "checked"


def test_what_waits_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_desk()
    send(desk, b"slug,name\none,One\n")
    CatalogUpload.objects.update(state="waiting")

    desk.post(look(), {"again": "1"})

    assert CatalogUpload.objects.get().state == "checked"


def test_two_gigabytes_are_refused_unread() -> None:
    answer = open_desk().generic(
        "POST",
        f"{UPLOADS}send/",
        b"x",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(2**31),
    )

    assert answer.status_code == 413
    assert "at most 32 MB" in answer.content.decode()


def test_the_catalog_is_taken_along_in_three_formats() -> None:
    desk = open_desk()
    ToolFactory(slug="alpha")

    def export(query: str) -> bytes:
        answer = desk.get(f"{UPLOADS}export/?{query}")
        assert answer["Content-Disposition"].startswith("attachment")
        return b"".join(answer.streaming_content)  # type: ignore[attr-defined]

    assert json.loads(export("format=json"))["tools"][0]["slug"] == "alpha"
    assert load_workbook(io.BytesIO(export("format=xlsx")))["tools"]["A2"].value == "alpha"
    assert export("format=csv&sheet=tools").decode("utf-8-sig").splitlines()[1].startswith("alpha,")
    assert desk.get(f"{UPLOADS}export/?format=csv&sheet=secrets").status_code == 404


def test_without_the_permission_there_is_no_page_and_no_file() -> None:
    send(open_desk(), b"slug,name\none,One\n")
    desk = desk_of("view_catalogupload")

    assert [desk.get(f"{UPLOADS}{page}").status_code for page in ("send/", "export/")] == [403, 403]
    assert desk.get(look()).status_code == 403
    assert desk.post(look(), {"shown": CatalogUpload.objects.get().digest}).status_code == 403
    assert not Category.objects.exists()


TO_PUBLISH = ["publish_tool", "publish_comparison", "publish_headtohead", "publish_review"]


@pytest.mark.parametrize("lacks", TO_PUBLISH)
def test_who_may_import_and_not_publish_looks_at_a_file_and_publishes_nothing(lacks: str) -> None:
    ToolFactory(slug="alpha", status="draft", category__slug="editors")
    desk = desk_of("import_catalog", "view_catalogupload", *set(TO_PUBLISH) - {lacks})

    columns = "slug,name,tagline,description,category,pricing.entry,status"
    page = send(
        desk, f"{columns}\nalpha,Alpha,Waits,It waits.,editors,free,published\n".encode(), "tools.csv"
    )
    answer = desk.post(look(), {"shown": CatalogUpload.objects.get().digest, "confirm": "1"})

    assert "Only a person who may publish can import it" in page
    assert "Import just this" not in page
    assert answer.status_code == 403
    assert Tool.objects.get().status == "draft"


def test_an_editor_confirms_what_a_writer_has_sent() -> None:
    writer = desk_of("import_catalog", "view_catalogupload")
    send(writer, b"slug,name\none,One\n")

    open_desk().post(look(), {"shown": CatalogUpload.objects.get().digest, "confirm": "1"})

    upload = CatalogUpload.objects.get()
    assert (upload.state, upload.sent_by, upload.confirmed_by) == ("done", "staff", "curator")


def test_each_role_that_imports_may_publish() -> None:
    for role in ROLES:
        user = staff_of(role)
        assert user.has_perm(admin.MAY_IMPORT) <= user.has_perms(admin.MAY_CONFIRM)


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_four_queries(rows: int) -> None:
    desk = open_desk()
    send(desk, b"slug,name\none,One\n")
    upload = CatalogUpload.objects.get()
    for _ in range(rows - 1):
        upload.pk = None
        upload._state.adding = True
        upload.save()

    # Session, curator; the count and the rows, dates' bounds and how many there are at all.
    assert count_queries(desk, UPLOADS) <= 8
