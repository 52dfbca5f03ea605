"""Which addresses there are, and what guards them."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests.factories import ComparisonFactory, ToolFactory


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
