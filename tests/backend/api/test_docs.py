"""The contract and the kinds of problem, over HTTP."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.api.docs import contract
from backend.api.problems import PROBLEMS
from contract.document import committed, parsed


@pytest.fixture
def fresh_contract() -> Iterator[None]:
    contract.cache_clear()
    yield
    contract.cache_clear()


COMMITTED = committed()


@pytest.mark.usefixtures("fresh_contract")
@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/yaml", "application/yaml, */*;q=0.1", "text/html", "*/*", ""],
)
@pytest.mark.parametrize(("kind", "read"), [("yaml", parsed), ("json", json.loads)], ids=["yaml", "json"])
def test_the_contract_is_served_with_the_address_of_its_server_whatever_is_accepted(
    api: APIClient, settings: Settings, kind: str, read: Callable[[bytes], Any], accept: str
) -> None:
    settings.PUBLIC_BASE_URL = "https://api.example.com/verdicts"

    response = api.get(f"/api/openapi.{kind}", headers={"accept": accept})

    assert (response.status_code, response["Content-Type"]) == (200, f"application/{kind}")
    server = {**COMMITTED["servers"][0], "url": "https://api.example.com/verdicts"}
    assert read(response.content) == {**COMMITTED, "servers": [server]}


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_the_type_of_a_problem_leads_to_its_meaning(api: APIClient, code: str) -> None:
    response = api.get(f"/api/problems/{code.replace('_', '-')}")

    assert response.json() == {
        "code": code,
        "title": code.replace("_", " ").capitalize(),
        "status": PROBLEMS[code].status,
        "meaning": PROBLEMS[code].meaning,
    }


def test_an_unknown_kind_of_problem_is_itself_a_problem(api: APIClient) -> None:
    response = api.get("/api/problems/kettle-is-empty")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_docs_page_runs_no_inline_script_and_asks_no_other_host(api: APIClient) -> None:
    page = api.get("/api/docs")
    script = api.get("/api/docs?script=")

    assert page.status_code == script.status_code == 200
    assert b"<script>" not in page.content
    assert b"//" not in page.content.replace(b"<!DOCTYPE html>", b"")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/openapi.yaml" in script.content


def test_the_docs_page_tells_options_what_it_answers(api: APIClient) -> None:
    response = api.options("/api/docs")

    assert (response.status_code, response["Allow"], response.content) == (204, "GET, HEAD, OPTIONS", b"")
