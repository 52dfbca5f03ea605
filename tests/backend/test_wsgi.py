"""The WSGI application: a whole answer is handed over in one piece, a streamed one in parts."""

import io
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import path

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


urlpatterns = [path("whole", whole), path("streamed", streamed)]


def asked(address: str) -> tuple[str, Any]:
    statuses: list[str] = []
    environ = RequestFactory().get(address).environ | {"wsgi.errors": io.StringIO()}
    body = application(environ, lambda status, headers: statuses.append(status))
    return statuses[0], body


def test_a_whole_answer_is_a_list_of_one_and_closed() -> None:
    closed.clear()

    assert asked("/whole") == ("200 OK", [b"all of it"])
    assert closed == ["whole"]


def test_a_streamed_answer_comes_in_parts() -> None:
    status, body = asked("/streamed")

    assert not isinstance(body, list)
    assert (status, list(body)) == ("200 OK", [b"one ", b"two"])
    body.close()
