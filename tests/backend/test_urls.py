"""Which addresses there are, and what guards them."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests.desk import desk_of
from tests.factories import ComparisonFactory, ToolFactory

FORM = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    "path",
    ["/api/v1/tools/", "/api/v1/comparisons/", "/api/v1", "/api/v1/", "/api/v2/tools", "/api/docs/", "/api/"],
)
def test_a_path_that_is_nearly_right_is_a_404(api: APIClient, path: str) -> None:
    response = api.get(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
def test_the_longest_slugs_work() -> None:
    first, second = ToolFactory(slug="a" * 255), ToolFactory(slug="b" * 255)
    ComparisonFactory(first_tool=first, second_tool=second)

    tool = APIClient().get(f"/api/v1/tools/{first.slug}")
    pair = APIClient().get(f"/api/v1/comparisons/{first.slug}-vs-{second.slug}")

    assert (tool.status_code, pair.status_code) == (200, 200)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/tools/", "/api/v1/comparisons/", "/api/v1/categories/"])
def test_longer_slugs_are_nobodys(api: APIClient, path: str) -> None:
    assert api.get(path + "a" * 3_000).status_code == 404


@pytest.mark.parametrize("path", ["/admin/?q=%00", "/admin/catalog/tool/?q=%00", "/admin/%00"])
def test_control_characters_do_not_reach_the_admin(client: Client, path: str) -> None:
    assert client.get(path).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/logos/",
        "/media/logos/..",
        "/media/secret.txt",
        "/media/logos/../secret.txt",
        "/media/logos/%2e%2e/secret.txt",
        "/media/logos/as-it-was-sent.png",
        f"/media/logos/{'0' * 32}-256.svg",
        f"/media/logos/{'0' * 32}-256.png",
    ],
)
def test_nothing_but_logos_that_were_drawn_is_served_from_the_uploads(
    client: Client, settings: Settings, tmp_path: Path, path: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "logos").mkdir()
    for name in ("secret.txt", "logos/as-it-was-sent.png", f"logos/{'0' * 32}-256.svg"):
        (tmp_path / name).touch()

    assert client.get(path).status_code == 404


def test_the_first_page_leads_to_the_docs_the_mail_and_the_desk(client: Client) -> None:
    page = client.get("/").content.decode()

    for address in ("/api/docs", "/api/openapi.yaml", "/newsletter", "/newsletter/editions", "/admin/"):
        assert f'href="{address}"' in page


def test_the_desk_is_found_without_the_slash_at_its_end(client: Client) -> None:
    response = client.get("/admin")

    assert (response.status_code, response["Location"]) == (301, "/admin/")


@pytest.mark.parametrize("path", ["/admin/r/9/1/", "/admin/r/x/y/"])
def test_no_row_has_a_page_of_its_own_to_lead_to(admin_client: Client, path: str) -> None:
    assert admin_client.get(path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing", "/admin/auth/user/1/password/"])
def test_pages_that_refuse_lead_back(path: str) -> None:
    page = desk_of("view_category").get(path)

    assert page.status_code in {403, 404}
    assert 'href="/admin/"' in page.content.decode()


@pytest.mark.django_db
class TestBodies:
    @pytest.mark.parametrize("path", ["/admin/login/", "/admin/", "/admin/catalog/tool/add/"])
    def test_a_stranger_sends_nothing_large_and_it_is_not_read(self, client: Client, path: str) -> None:
        request: Any = {"CONTENT_LENGTH": "30000000", "wsgi.input": Unreadable()}

        assert client.post(path, b"", content_type=FORM, **request).status_code == 413

    def test_staff_who_are_signed_in_send_files(self) -> None:
        desk = desk_of("add_tool")
        file = SimpleUploadedFile("logo.png", b"x" * 100_000)

        assert desk.post("/admin/catalog/tool/add/", {"logo": file}).status_code == 200

    def test_nor_do_staff_send_whatever_they_like(self) -> None:
        request: Any = {"CONTENT_LENGTH": "32000001", "wsgi.input": Unreadable()}

        assert (
            desk_of("add_tool")
            .post("/admin/catalog/tool/add/", b"", content_type=FORM, **request)
            .status_code
            == 413
        )


class Unreadable:
    """A body that may not be looked at."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("It was read.")

    readline = read
