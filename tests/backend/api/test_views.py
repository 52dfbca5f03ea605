"""What public reads have in common, and what answers have that are for their caller alone."""

from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend.api.rendering import all_rendered, rendered
from backend.api.views import private_answer, timestamp
from tests.backend.api.probe import KettleListView, KettleSerializer

pytestmark = pytest.mark.urls("tests.backend.api.probe")


def test_an_answer_may_be_kept_by_everybody(api: APIClient) -> None:
    response = api.get("/api/v1/kettles")

    assert response["Cache-Control"] == "public, max-age=60"


def test_a_view_says_how_long(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KettleListView, "max_age", 5)

    response = api.get("/api/v1/kettles")

    assert response["Cache-Control"] == "public, max-age=5"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        pytest.param("/api/v1/kettles/old", "/api/v1/kettles/new", id="bare"),
        pytest.param("/api/v1/kettles/old?", "/api/v1/kettles/new", id="empty query"),
    ],
)
def test_a_move_is_a_308_to_a_path_that_no_cache_goes_on_with(
    api: APIClient, path: str, location: str
) -> None:
    response = api.get(path)

    assert (response.status_code, response.content) == (308, b"")
    assert response["Location"] == location
    assert response["Cache-Control"] == "no-cache"
    assert "Content-Type" not in response


def test_a_move_leads_to_where_the_proxy_shows_us(api: APIClient, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://example.com/verdicts"

    assert api.get("/api/v1/kettles/old")["Location"] == "/verdicts/api/v1/kettles/new"


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

    assert rendered(KettleSerializer, kettle, only=["slug"]) == {"slug": "new"}
    assert all_rendered(KettleSerializer, [kettle], only=["slug"]) == [{"slug": "new"}]


def test_all_fields_are_shown_when_none_is_named() -> None:
    assert rendered(KettleSerializer, {"slug": "new", "litres": 2}, only=[]) == {"slug": "new", "litres": 2}


# --- Answers for their caller alone -----------------------------------------------------------


def test_an_answer_for_its_caller_is_kept_by_nobody(api: APIClient) -> None:
    response = api.get("/api/v1/cupboard")

    assert (response.status_code, response.content) == (200, b"{}")
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Type"] == "application/json"
    assert "RateLimit" not in response


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        pytest.param("text/html", 406, id="HTML alone"),
        pytest.param("text/html,*/*;q=0.8", 200, id="HTML first"),
        pytest.param("application/*", 200, id="any application"),
        pytest.param("application/json", 200, id="JSON"),
        pytest.param("Application/JSON", 200, id="JSON in capitals"),
        pytest.param("application/json-patch+json", 406, id="a kind that begins like JSON"),
        pytest.param("text/html, image/avif", 406, id="two other kinds"),
        pytest.param("application/json;q=0", 406, id="JSON refused"),
        pytest.param("*/*, application/json;q=0", 406, id="anything but JSON"),
        pytest.param("*/*;q=0, application/json", 200, id="nothing but JSON"),
        pytest.param("application/json; q=0.001", 200, id="JSON at last"),
        pytest.param("application/json;q=much", 406, id="no weight"),
        pytest.param("", 200, id="nothing said"),
    ],
)
def test_who_takes_no_json_is_refused_by_private_views_as_by_public_ones(
    api: APIClient, accept: str, status: int
) -> None:
    assert api.get("/api/v1/kettles/new", headers={"Accept": accept}).status_code == status
    assert api.get("/api/v1/cupboard", headers={"Accept": accept}).status_code == status


def test_a_parameter_that_a_private_answer_does_not_take_is_refused(api: APIClient) -> None:
    response = api.get("/api/v1/cupboard?milk=1")

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "unknown_parameter"


def test_a_method_that_is_not_answered_is_told_those_that_are(api: APIClient) -> None:
    response = api.post("/api/v1/cupboard", {}, format="json")

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_options_of_a_private_address_says_what_is_allowed_and_counts_nothing(api: APIClient) -> None:
    response = api.options("/api/v1/brews")

    assert (response.status_code, response.content) == (204, b"")
    assert response["Allow"] == "POST, OPTIONS"
    assert "RateLimit" not in response


def test_times_are_written_in_utc_with_a_z() -> None:
    assert timestamp(datetime(2026, 11, 2, 9, 30, tzinfo=UTC)) == "2026-11-02T09:30:00Z"
    assert timestamp(None) is None


def test_json_is_written_as_it_is_short_and_in_utf_8() -> None:
    assert private_answer({"a": ["é", None]}, status=201).content == '{"a":["é",null]}'.encode()
