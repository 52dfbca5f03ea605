"""What public reads have in common."""

import pytest
from rest_framework.test import APIClient

from tests.backend.api.probe import KettleListView, KettleSerializer

pytestmark = pytest.mark.urls("tests.backend.api.probe")


def test_an_answer_may_be_kept_by_everybody(api: APIClient) -> None:
    response = api.get("/api/v1/kettles")

    assert response["Cache-Control"] == "public, max-age=60, stale-while-revalidate=300"


def test_a_view_says_how_long(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KettleListView, "max_age", 5)
    monkeypatch.setattr(KettleListView, "stale_while_revalidate", 10)

    response = api.get("/api/v1/kettles")

    assert response["Cache-Control"] == "public, max-age=5, stale-while-revalidate=10"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        pytest.param("/api/v1/kettles/old", "/api/v1/kettles/new", id="bare"),
        pytest.param("/api/v1/kettles/old?", "/api/v1/kettles/new", id="empty query"),
    ],
)
def test_a_move_is_a_308_to_a_path_that_may_be_kept(api: APIClient, path: str, location: str) -> None:
    response = api.get(path)

    assert (response.status_code, response.content) == (308, b"")
    assert response["Location"] == location
    assert response["Cache-Control"] == "public, max-age=60, stale-while-revalidate=300"
    assert "Content-Type" not in response


def test_an_unknown_parameter_is_refused_before_the_move(api: APIClient) -> None:
    assert api.get("/api/v1/kettles/old?page=2").status_code == 400


@pytest.mark.parametrize(
    "accept", ["application/json; indent=8", "application/json;q=0.1", "*/*", "application/*"]
)
def test_the_accept_header_does_not_change_the_bytes(api: APIClient, accept: str) -> None:
    response = api.get("/api/v1/kettles/new", headers={"Accept": accept})

    assert response.content == b'{"slug":"new"}'
    assert response["Content-Type"] == "application/json"


def test_options_says_what_is_allowed_and_nothing_else(api: APIClient) -> None:
    response = api.options("/api/v1/kettles")

    assert (response.status_code, response.content) == (204, b"")
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_fields_left_out_are_not_computed() -> None:
    kettle = {"slug": "new"}  # Without litres: computing them would fail.

    assert KettleSerializer(kettle, only=["slug"]).data == {"slug": "new"}
    assert list(KettleSerializer([kettle], many=True, only=["slug"]).data) == [{"slug": "new"}]


def test_all_fields_are_shown_when_none_is_named() -> None:
    assert KettleSerializer({"slug": "new", "litres": 2}, only=[]).data == {"slug": "new", "litres": 2}
