"""The WSGI application: a whole answer is handed over in one piece, a streamed one in parts."""

import io
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from backend.api import deadlines
from backend.urls import handler400, handler403, handler404, handler500
from backend.wsgi import application

__all__ = ["handler400", "handler403", "handler404", "handler500"]

# Django looks after its connections around each request.
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

closed: list[str] = []


class Whole(HttpResponse):
    def close(self) -> None:
        closed.append("whole")
        super().close()


def whole(request: HttpRequest) -> HttpResponse:
    return Whole("all of it")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"one ", b"two"]))


@csrf_exempt
def echoed(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body)


urlpatterns = [
    path("whole", whole),
    path("streamed", streamed),
    path("echoed", echoed),
    path("healthz", whole),
]

Answer = tuple[str, Any, dict[str, str]]


def answer_to(address: str, method: str = "GET", body: bytes = b"", **changes: Any) -> Answer:
    answers: list[tuple[str, dict[str, str]]] = []
    environ = RequestFactory().generic(method, address, body).environ | {"wsgi.errors": io.StringIO()}
    content = application(environ | changes, lambda status, headers: answers.append((status, dict(headers))))
    return answers[0][0], content, answers[0][1]


def asked(address: str) -> tuple[str, Any]:
    return answer_to(address)[:2]


def test_a_whole_answer_is_a_list_of_one_and_closed() -> None:
    closed.clear()

    assert asked("/whole") == ("200 OK", [b"all of it"])
    assert closed == ["whole"]


def test_a_streamed_answer_comes_in_parts() -> None:
    status, body = asked("/streamed")

    assert not isinstance(body, list)
    assert (status, list(body)) == ("200 OK", [b"one ", b"two"])
    body.close()


def test_the_answer_to_head_has_no_body_over_any_protocol() -> None:
    status, content, headers = answer_to("/whole", "HEAD", SERVER_PROTOCOL="HTTP/2.0")

    assert (status, content, headers["Content-Length"]) == ("200 OK", [], str(len("all of it")))


def test_a_chunked_body_is_read() -> None:
    chunked: dict[str, Any] = {
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input_terminated": True,
    }
    chunked["wsgi.input"] = io.BytesIO(b"in chunks")

    status, content, _ = answer_to("/echoed", "POST", **chunked)

    assert (status, content) == ("200 OK", [b"in chunks"])


@pytest.mark.parametrize(
    ("protocol", "size", "connection"),
    [
        pytest.param("HTTP/1.1", 60_000, None, id="within the limit it was read"),
        pytest.param("HTTP/1.1", 70_000, "close", id="a longer one is not, and the connection is closed"),
        pytest.param("HTTP/2.0", 70_000, None, id="over HTTP/2 other requests share it"),
    ],
)
def test_an_answer_that_leaves_a_body_unread_says_that_the_connection_closes(
    protocol: str, size: int, connection: str | None
) -> None:
    status, _, headers = answer_to("/nothing", "POST", b"x" * size, SERVER_PROTOCOL=protocol)

    assert status == "404 Not Found"
    assert headers.get("Connection") == connection


def test_while_requests_are_stuck_in_the_database_others_come_again_and_health_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadlines, "MOST_STUCK", 0)

    assert answer_to("/whole")[0] == "503 Service Unavailable"
    assert answer_to("/whole")[2]["Retry-After"] == "1"
    assert answer_to("/healthz")[0] == "200 OK"
