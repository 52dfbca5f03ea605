"""openapi.yaml against the code, the routes, and the answers that the demo content gives."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from jsonschema import Draft202012Validator
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from contract.examples import REQUESTS, example_files, examples, file_of, new_subscriber, new_token

COMMITTED = Path(__file__).resolve().parent.parent / "openapi.yaml"
SCHEMA = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, operations in SCHEMA["paths"].items()
    for method, operation in operations.items()
}


@pytest.fixture(scope="module")
def loaded_demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loading it takes longer than any test here; what a test writes besides is rolled back before the next."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_demo", verbosity=0)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded_demo: None, db: None) -> None:
    """The demo's content, in the test's own transaction."""


def success(operation: str) -> tuple[int, dict[str, Any]]:
    """The status of the one kind of success that an operation has, and its schema."""
    _, _, description = OPERATIONS[operation]
    [(status, answer)] = [each for each in description["responses"].items() if each[0].startswith("2")]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return int(status), {**schema, "components": SCHEMA["components"]}


def selectable(operation: str) -> list[str]:
    """What `fields=` may name, where there is such a parameter."""
    _, _, description = OPERATIONS[operation]
    return [
        name
        for parameter in description.get("parameters", [])
        if parameter["name"] == "fields"
        for name in parameter["schema"]["items"]["enum"]
    ]


def routes(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        found += routes(pattern, path) if isinstance(pattern, URLResolver) else [path]
        assert isinstance(pattern, URLPattern | URLResolver)
    return found


def test_the_committed_schema_is_what_the_code_says() -> None:
    generated = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]

    text = OpenApiYamlRenderer().render(generated, renderer_context={}).decode()  # type: ignore[no-untyped-call]

    assert yaml.safe_load(text) == SCHEMA, "run `make schema`"


def test_every_public_route_is_in_the_schema() -> None:
    served = {"/" + route for route in routes(get_resolver()) if route.startswith("api/v1/")}

    documented = {
        path.replace("{slug}", "<slug:slug>")
        .replace("{id}", "<uuid:id>")
        .replace("{day_on}", "<slug:day_on>")
        for path in SCHEMA["paths"]
    }

    assert served == documented


def test_every_operation_has_an_example() -> None:
    answered = {name for name, (_, _, described) in OPERATIONS.items() if "204" not in described["responses"]}

    assert answered == example_files().keys() == {*REQUESTS, "retrieve_review"}


def test_each_example_lies_in_the_app_that_answers() -> None:
    assert {name: file_of(name) for name in example_files()} == example_files()


@pytest.mark.usefixtures("demo")
def test_examples_are_what_the_demo_answers(api: APIClient) -> None:
    committed = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in example_files().items()}

    assert examples(api) == committed, "load the demo and run `python -m contract.examples`"


@pytest.mark.parametrize("operation", sorted(REQUESTS))
def test_each_example_asks_its_own_operation(operation: str) -> None:
    method, path, _ = OPERATIONS[operation]
    ask = REQUESTS[operation]

    assert ask.method == method.upper()
    assert re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), ask.address.partition("?")[0])


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("operation", sorted(REQUESTS))
def test_live_answers_fit_the_schema(api: APIClient, operation: str) -> None:
    status, schema = success(operation)
    new_subscriber()

    answer = REQUESTS[operation].of(api, token=new_token(api))

    assert answer.status_code == status
    Draft202012Validator(schema).validate(answer.json())


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("operation", sorted(filter(selectable, REQUESTS)))
def test_each_field_alone_is_as_it_is_among_all(api: APIClient, operation: str) -> None:
    address = REQUESTS[operation].address
    whole = api.get(address).json()

    for name in selectable(operation):
        sparse = api.get(f"{address}{'&' if '?' in address else '?'}fields={name}").json()

        rows, full_rows = (page.get("results", [page]) for page in (sparse, whole))
        for row, full_row in zip(rows, full_rows, strict=True):
            assert row == {name: full_row[name]}
