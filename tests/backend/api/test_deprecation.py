"""What an operation that will go says of itself."""

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.api.deprecation import Deprecation
from tests.backend.api import probe
from tests.backend.api.test_schema import generated

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backend.api.probe")]

EXPECTED = {
    "Deprecation": "@1798761600",
    "Sunset": "Thu, 01 Jul 2027 00:00:00 GMT",
    "Link": '<https://api.example.com/docs/gone>; rel="deprecation", '
    '<https://api.example.com/docs/gone>; rel="sunset"',
}


def test_its_headers_are_those_of_the_rfcs() -> None:
    deprecation = Deprecation(date(2027, 1, 1), date(2027, 7, 1), "https://api.example.com/docs/gone")

    assert deprecation.headers() == EXPECTED


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("get", "/api/v1/samovar", 200, id="a public read"),
        pytest.param("head", "/api/v1/samovar", 200, id="without its body"),
        pytest.param("get", "/api/v1/samovar?colour=red", 400, id="a refusal"),
        pytest.param("put", "/api/v1/samovar/lid", 200, id="a private write"),
        pytest.param("put", "/api/v1/samovar/lid?colour=red", 400, id="a refused one"),
    ],
)
def test_every_answer_says_that_the_operation_will_go(
    api: APIClient, method: str, path: str, status: int
) -> None:
    answer = getattr(api, method)(path)

    assert answer.status_code == status
    assert {name: answer[name] for name in EXPECTED} == EXPECTED


@pytest.mark.parametrize("method", ["get", "post"])
def test_other_methods_of_the_view_say_nothing(api: APIClient, method: str) -> None:
    answer: Any = getattr(api, method)("/api/v1/samovar/lid")

    assert not EXPECTED.keys() & {*answer.headers}


def test_the_contract_marks_the_operation_and_its_headers() -> None:
    contract = generated(*probe.urlpatterns[5:7])

    samovar = contract["paths"]["/api/v1/samovar"]["get"]
    lid = contract["paths"]["/api/v1/samovar/lid"]

    assert samovar["deprecated"] is lid["put"]["deprecated"] is True
    assert "deprecated" not in lid["get"]
    assert {"Deprecation", "Sunset", "Link"} <= samovar["responses"]["200"]["headers"].keys()
    assert "Sunset" not in lid["get"]["responses"]["200"]["headers"]
    assert {"Deprecation", "Sunset", "Link"} <= contract["components"]["headers"].keys()
