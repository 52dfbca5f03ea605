"""Every error, from whichever layer, is one kind of document."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.exceptions import ErrorDetail
from rest_framework.test import APIClient

from backend import urls
from backend.api.problems import PROBLEMS, invalid_fields, title_of

pytestmark = pytest.mark.urls("tests.backend.api.probe")

KEYS = ["type", "title", "status", "detail", "code", "instance", "request_id", "errors"]
DOCS = Path(settings.BASE_DIR) / "docs" / "problems.md"


@pytest.fixture
def careless() -> APIClient:
    """A client that shows a 500 as the server answers it."""
    return APIClient(raise_request_exception=False)


def test_a_problem_has_these_values_and_no_others(api: APIClient) -> None:
    response = api.get("/api/v1/refusing", headers={"X-Request-ID": "mine"})

    detail = "The cursor is not ours, or belongs to another list or order; start again without it."
    assert response.json() == {
        "type": "http://127.0.0.1:8000/api/problems/invalid-cursor",
        "title": "Invalid cursor",
        "status": 400,
        "detail": detail,
        "code": "invalid_cursor",
        "instance": "/api/v1/refusing",
        "request_id": "mine",
        "errors": [{"pointer": "/cursor", "code": "invalid_cursor", "detail": detail}],
    }
    assert list(response.json()) == KEYS
    assert response["Content-Type"] == "application/problem+json"


KETTLES = "/api/v1/kettles"


@pytest.mark.parametrize(
    ("method", "path", "headers", "code"),
    [
        pytest.param("GET", "/api/v1/nothing", {}, "not_found", id="no such address"),
        pytest.param("GET", "/api/v1/kettles/", {}, "not_found", id="a slash at the end"),
        pytest.param("GET", "/api/", {}, "not_found", id="the root"),
        pytest.param("GET", "/api", {}, "not_found", id="the root without a slash"),
        pytest.param("GET", "/api//v1/kettles", {}, "not_found", id="a doubled slash within"),
        pytest.param("POST", KETTLES, {}, "method_not_allowed", id="POST"),
        pytest.param("TRACE", KETTLES, {}, "method_not_allowed", id="TRACE"),
        pytest.param("BREW", KETTLES, {}, "bad_request", id="a made-up method"),
        pytest.param("POST", KETTLES + "?x=1", {}, "method_not_allowed", id="POST, unknown parameter"),
        pytest.param("GET", KETTLES, {"Accept": "text/html"}, "not_acceptable", id="HTML wanted"),
        pytest.param("GET", KETTLES, {"Host": "evil.example"}, "bad_request", id="another host"),
        pytest.param("GET", KETTLES, {"Host": "a b"}, "bad_request", id="no host at all"),
        pytest.param("GET", "/api/v1/failing", {}, "internal_error", id="a view fails"),
        pytest.param("GET", "/api/v1/failing-page", {}, "internal_error", id="a page fails"),
    ],
)
def test_every_layer_answers_with_a_problem(
    careless: APIClient, method: str, path: str, headers: dict[str, str], code: str
) -> None:
    response = careless.generic(method, path, headers=headers)

    assert (response.status_code, response.json()["code"]) == (PROBLEMS[code].status, code)
    assert list(response.json()) == KEYS
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["//api/v1/kettles", "///api/", "//api//v1/kettles"])
def test_a_doubled_slash_in_front_leads_to_a_problem_too(careless: APIClient, path: str) -> None:
    # Of the address itself the test client would make a host.
    response = careless.get("/", PATH_INFO=path)

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_a_405_lists_the_methods_that_are_allowed(api: APIClient, method: str) -> None:
    response = api.generic(method, "/api/v1/kettles")

    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        pytest.param("{", "application/json", 400, "parse_error", id="half a document"),
        pytest.param(b"\xff", "application/json", 400, "parse_error", id="invalid UTF-8"),
        pytest.param("a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type", id="a form"),
        pytest.param("{}", "application/xml", 415, "unsupported_media_type", id="XML"),
        pytest.param("{}", "application/json", 400, "validation_error", id="a field is missing"),
        pytest.param("[]", "application/json", 400, "validation_error", id="no object"),
        pytest.param('{"shops": [{"name": "a"}]}', "application/json", 400, "validation_error", id="closed"),
    ],
)
def test_a_refused_body_is_a_problem(
    api: APIClient, body: Any, content_type: str, status: int, code: str
) -> None:
    response = api.generic("POST", "/api/v1/orders", body, content_type=content_type)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert list(response.json()) == KEYS


def test_each_invalid_field_of_a_body_is_pointed_at(api: APIClient) -> None:
    response = api.post("/api/v1/orders", {"shops": [{"name": "a"}, {}, {"name": ""}]}, format="json")

    assert response.json()["detail"] == "2 values are refused."
    assert [(field["pointer"], field["code"]) for field in response.json()["errors"]] == [
        ("/shops/1/name", "required"),
        ("/shops/2/name", "blank"),
    ]


def test_an_error_of_the_whole_body_points_at_the_whole(api: APIClient) -> None:
    response = api.post("/api/v1/orders", {"shops": [{"name": "a"}]}, format="json")

    assert response.json()["errors"] == [{"pointer": "", "code": "closed", "detail": "Shops are closed."}]
    assert response.json()["detail"] == "Shops are closed."


@pytest.mark.parametrize(
    ("detail", "pointers"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param({"a": []}, [], id="an empty list"),
        pytest.param({"a/b~c": ["x"]}, ["/a~1b~0c"], id="escaped as RFC 6901 says"),
        pytest.param({"a.b": ["x"]}, ["/a.b"], id="dots are no steps"),
        pytest.param({"a": {"1": {"b": ["x", "y"]}}}, ["/a/1/b", "/a/1/b"], id="nested"),
        pytest.param(["x"], [""], id="the whole"),
        pytest.param({"a": {"non_field_errors": ["x"]}}, ["/a"], id="the whole of a part"),
    ],
)
def test_messages_are_flattened_with_their_pointers(detail: Any, pointers: list[str]) -> None:
    def marked(part: Any) -> Any:
        match part:
            case str():
                return ErrorDetail(part, "invalid")
            case list():
                return [marked(inner) for inner in part]
            case _:
                return {key: marked(inner) for key, inner in part.items()}

    assert [field["pointer"] for field in invalid_fields(marked(detail))] == pointers


@pytest.mark.parametrize("path", ["/api/v1/failing", "/api/v1/failing-page", "/page/failing"])
def test_a_500_says_nothing_of_the_inside_and_is_logged_once(
    careless: APIClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    # Tools that run inside the tests switch off loggers, or logging as a whole.
    logging.disable(logging.NOTSET)
    monkeypatch.setattr(logging.getLogger("django_structlog.middlewares.request"), "disabled", False)

    with caplog.at_level(logging.WARNING):
        response = careless.get(path, headers={"X-Request-ID": "mine"})

    assert response.status_code == 500
    assert not re.search(rb"SELECT|secrets|Runtime|Traceback|\.py|[Dd]jango", response.content)
    (record,) = caplog.records
    assert isinstance(record.msg, dict)
    assert record.msg["request_id"] == "mine"
    assert record.msg["exc_info"]


def test_pages_outside_the_api_keep_plain_errors(careless: APIClient) -> None:
    answers = {
        path: careless.get(path, headers=headers)
        for path, headers in [
            ("/nothing", {}),
            ("/page/failing", {}),
            ("/page/form", {"Host": "evil.example"}),
        ]
    }

    assert {path: answer.status_code for path, answer in answers.items()} == {
        "/nothing": 404,
        "/page/failing": 500,
        "/page/form": 400,
    }
    assert {answer["Content-Type"] for answer in answers.values()} == {"text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("/api/v1/form", "application/problem+json"), ("/page/form", "text/html; charset=utf-8")],
)
def test_a_forged_form_is_refused(path: str, content_type: str) -> None:
    response = Client(enforce_csrf_checks=True).post(path)

    assert (response.status_code, response["Content-Type"]) == (403, content_type)


def test_the_docs_list_every_code_as_the_code_has_it() -> None:
    # The routes import every view, and with them every refusal.
    assert urls.urlpatterns

    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (.+) \|$", DOCS.read_text(), re.MULTILINE)

    assert rows == [
        (code, str(problem.status), problem.meaning)
        for code, problem in sorted(PROBLEMS.items(), key=lambda item: (item[1].status, item[0]))
    ]


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_codes_and_titles_are_plain(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert re.fullmatch(r"[A-Z][a-z ]+", title_of(code))
