"""The contract and the kinds of problem, over HTTP."""

from pathlib import Path

import pytest
import yaml
from django.conf import settings
from rest_framework.test import APIClient

from backend.api.problems import PROBLEMS


def test_the_contract_is_served_as_it_is_committed(api: APIClient) -> None:
    response = api.get("/api/openapi.yaml")

    assert response["Content-Type"] == "application/yaml"
    assert response.content == (Path(settings.BASE_DIR) / "openapi.yaml").read_bytes()
    assert yaml.safe_load(response.content)["openapi"] == "3.1.0"


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
