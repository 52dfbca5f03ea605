"""openapi.yaml against the code, the routes, and the answers that the demo content gives."""

import builtins
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from jsonschema import Draft202012Validator
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend.api.problems import PROBLEMS
from backend.api.schema_hooks import HTML, TEXTS, is_free_text
from contract.collection import FILE, collection
from contract.document import committed, parsed
from contract.examples import OF_REVIEW, REQUESTS, example_files, examples, file_of, new_subscriber, new_token
from reviews.models import Review
from tests.backend.response_cache.asking import ask, keeping_the_connection, new_cache

SCHEMA = committed()
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


# What an answer lacks unless the request asks for it.
ON_REQUEST = {
    ("ToolListItem", "reviews"),
    ("ToolListItemPage", "facets"),
    *((f"{row}Page", "count") for row in ("ToolListItem", "ComparisonListItem", "Review", "RankingItem")),
    ("ComparisonListItem", "scorecard"),
    ("Tool", "tally"),
    *(("Comparison", name) for name in ("tally", "tool_tallies", "related")),
}
# Names that generated code would take from a client's language.
# TypeScript's utility types, what every page has, and what Java, Kotlin, Swift or C# have without an import.
BUILT_INS = {name for name in dir(builtins) if name[0].isupper()} | {
    *re.findall(
        r"\w+",
        """
        Awaited Capitalize Exclude Extract NonNullable Omit Parameters Partial Pick Readonly Record Required
        Array Blob Comment Date Document Element Error Event File Function Headers History Image Location
        Map Node Notification Number Object Option Promise Proxy Range Request Response Selection Set
        String Symbol Text URL
        Any Boolean Character Class Collection Data Double Enum Iterable List Long Module Never Optional
        Override Package Process Result Runtime Short System Task Thread Type Unit Void
        """,
    )
}


def success(operation: str) -> tuple[int, dict[str, Any]]:
    """The status of the one kind of success that an operation has, and its schema."""
    _, _, description = OPERATIONS[operation]
    [(status, answer)] = [each for each in description["responses"].items() if each[0].startswith("2")]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return int(status), {**schema, "components": SCHEMA["components"]}


def partial_schema(operation: str) -> dict[str, Any]:
    """The schema of the operation's answer to `fields=`."""
    _, _, description = OPERATIONS[operation]
    schema: dict[str, Any] = description["responses"]["200"]["content"]["application/json"][
        "x-partial-schema"
    ]
    return {**schema, "components": SCHEMA["components"]}


def objects(schema: dict[str, Any], value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object within an answer, with the name of its schema."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if isinstance(value, dict):
            yield name, value
        yield from objects(SCHEMA["components"]["schemas"][name], value)
    for inner in [*schema.get("allOf", []), *schema.get("oneOf", [])]:
        yield from objects(inner, value)
    if isinstance(value, list):
        for item in value:
            yield from objects(schema.get("items", {}), item)
    elif isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from objects(inner, value[name])


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
    generated = SchemaGenerator().get_schema(request=None, public=True)

    text = OpenApiYamlRenderer().render(generated, renderer_context={}).decode()

    assert parsed(text) == SCHEMA, "run `make schema`"


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

    assert answered == example_files().keys() == {*REQUESTS, *OF_REVIEW}


def test_each_example_lies_in_the_app_that_answers() -> None:
    assert {name: file_of(name) for name in example_files()} == example_files()


@pytest.mark.usefixtures("demo", "rendered_as_serialized")
def test_examples_are_what_the_demo_answers(api: APIClient) -> None:
    committed = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in example_files().items()}

    assert examples(api) == committed, "load the demo and run `python -m contract.examples`"


@pytest.mark.parametrize("operation", sorted(REQUESTS))
def test_each_example_asks_its_own_operation(operation: str) -> None:
    method, path, _ = OPERATIONS[operation]
    ask = REQUESTS[operation]

    assert ask.method == method.upper()
    assert re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), ask.address.partition("?")[0])


@pytest.mark.usefixtures("demo", "rendered_as_serialized")
@pytest.mark.parametrize("operation", sorted(REQUESTS))
def test_live_answers_fit_the_schema(api: APIClient, operation: str) -> None:
    status, schema = success(operation)
    new_subscriber()

    answer = REQUESTS[operation].of(api, token=new_token(api))

    assert answer.status_code == status
    Draft202012Validator(schema).validate(answer.json())


@pytest.mark.usefixtures("demo", "rendered_as_serialized")
@pytest.mark.parametrize("operation", sorted(filter(selectable, REQUESTS)))
def test_each_field_alone_is_as_it_is_among_all(api: APIClient, operation: str) -> None:
    address = REQUESTS[operation].address
    whole = api.get(address).json()

    for name in selectable(operation):
        sparse = api.get(f"{address}{'&' if '?' in address else '?'}fields={name}").json()

        Draft202012Validator(partial_schema(operation)).validate(sparse)
        rows, full_rows = (page.get("results", [page]) for page in (sparse, whole))
        for row, full_row in zip(rows, full_rows, strict=True):
            assert row == {name: full_row[name]}


@pytest.mark.usefixtures("demo", "rendered_as_serialized")
def test_what_is_always_sent_is_required(api: APIClient) -> None:
    new_subscriber()
    token = new_token(api)
    answers = [(name, ask.of(api, token=token).json()) for name, ask in REQUESTS.items()]
    answers += [
        (name, api.get(f"/api/v1/{path}").json())
        for name, path in {
            "list_tools": "tools?limit=100&include=reviews",
            "list_comparisons": "comparisons?limit=100&include=scorecard",
            "list_rankings": "rankings?limit=100",
        }.items()
    ]
    sent: dict[str, list[set[str]]] = defaultdict(list)
    for operation, answer in answers:
        for schema, value in objects(success(operation)[1], answer):
            sent[schema].append(set(value))

    always = {
        (schema, name)
        for schema, found in sent.items()
        for name in set.intersection(*found)
        if name not in SCHEMA["components"]["schemas"][schema].get("required", [])
    }

    assert len(sent) > 50
    assert always <= ON_REQUEST


def test_only_what_is_asked_for_may_be_missing_from_an_answer() -> None:
    optional = {
        (name, property_)
        for name, schema in SCHEMA["components"]["schemas"].items()
        if not re.search("Partial|Request$", name)
        for property_ in schema.get("properties", {}).keys() - set(schema.get("required", []))
    }

    # The numbers of a reason are those that it speaks of.
    assert {each for each in optional if each[0] != "ReasonParams"} == ON_REQUEST


def test_no_schema_is_named_like_what_a_clients_language_has() -> None:
    assert not SCHEMA["components"]["schemas"].keys() & BUILT_INS


def test_no_property_of_a_body_has_a_default_for_which_generated_code_would_demand_it() -> None:
    bodies = {
        name: each for name, each in SCHEMA["components"]["schemas"].items() if name.endswith("Request")
    }

    assert bodies
    assert not [
        name
        for body in bodies.values()
        for name, each in body.get("properties", {}).items()
        if "default" in each
    ]


# What answers where there is no operation, and the pages outside the API.
OF_NO_OPERATION = {"authentication_failed", "cross_site_request", "method_not_allowed", "permission_denied"}


def codes_of(operation: dict[str, Any]) -> set[str]:
    """The codes that an operation's errors list."""
    names = [
        SCHEMA["components"]["responses"][reference["$ref"].rpartition("/")[2]]
        for status, reference in operation["responses"].items()
        if status >= "400"
    ]
    schemas = [
        answer["content"]["application/problem+json"]["schema"]["$ref"].rpartition("/")[2] for answer in names
    ]
    return {
        code
        for name in schemas
        for code in SCHEMA["components"]["schemas"][name]["allOf"][1]["properties"]["code"]["enum"]
    }


def test_every_code_stands_with_the_operations_that_answer_it() -> None:
    told = {name: codes_of(operation) for name, (_, _, operation) in OPERATIONS.items()}

    assert set().union(*told.values()) == PROBLEMS.keys() - OF_NO_OPERATION
    assert "tool_archived" in told["put_vote"]
    assert "tool_archived" not in told["delete_vote"]
    assert {name for name, codes in told.items() if "challenge_failed" in codes} == {"create_voter"}
    assert {name for name, codes in told.items() if "owner_link_needed" in codes} == {
        "delete_subscriber",
        "export_subscriber",
        "move_subscription",
    }


# Names and numbers that programs compare, send back or count.
FOR_PROGRAMS = {
    *("challenge", "cheaper_to_start", "code", "currency", "digest", "email", "favors", "pointer"),
    *("preferences_token", "prefers", "previous_root", "provider", "request_id", "reviewer", "root", "rule"),
    *("ruleset", "site_key", "slug", "token", "tool", "value", "week", "winner"),
}


def test_every_text_for_people_says_that_it_is_plain() -> None:
    texts = {
        (name, each.get("contentMediaType"))
        for schema in SCHEMA["components"]["schemas"].values()
        for name, each in schema.get("properties", {}).items()
        if is_free_text(each)
    }

    assert {name for name, media_type in texts if media_type is None} == FOR_PROGRAMS
    declared = {(name, "text/plain") for name in TEXTS} | {(name, "text/html") for name in HTML}
    assert declared == texts - {(name, None) for name in FOR_PROGRAMS}


def test_members_of_an_enum_have_names_of_their_own() -> None:
    enums = [
        parameter["schema"]
        for _, _, operation in OPERATIONS.values()
        for parameter in operation.get("parameters", [])
        if "enum" in parameter["schema"]
    ]
    enums += [each for each in SCHEMA["components"]["schemas"].values() if "enum" in each]

    for enum in enums:
        names = enum.get("x-enum-varnames", enum["enum"])
        assert len({re.sub(r"\W", "", name) for name in names}) == len(enum["enum"])


def test_every_address_in_an_answer_says_that_it_is_one() -> None:
    undeclared = [
        (name, property_)
        for name, schema in SCHEMA["components"]["schemas"].items()
        for property_, each in schema.get("properties", {}).items()
        if re.search("(^|_)(url|website|logo|next|previous)$", property_) and each.get("format") != "uri"
    ]

    assert undeclared == []


def test_the_text_names_every_header_that_pages_of_other_origins_may_read(settings: Settings) -> None:
    _, _, readable = " ".join(SCHEMA["info"]["description"].split()).partition("pages may read ")

    assert re.findall("`([^`]+)`", readable) == settings.CORS_EXPOSE_HEADERS


def test_the_text_shows_a_schema_of_a_shortened_answer_that_exists() -> None:
    shown = re.findall(r"`GET /tools\?fields=slug,name` answers a\s+`(\w+)`", SCHEMA["info"]["description"])

    assert shown == [partial_schema("list_tools")["$ref"].rpartition("/")[2]]


@pytest.mark.parametrize(
    ("operation", "status", "says_what_is_left"),
    [
        ("put_vote", "400", False),
        ("put_vote", "415", False),
        ("put_pick", "400", False),
        ("put_vote", "404", True),
        ("create_voter", "400", True),
        ("create_subscription", "415", True),
    ],
)
def test_a_refusal_says_what_is_left_of_a_limit_where_it_comes_after_counting(
    operation: str, status: str, says_what_is_left: bool
) -> None:
    _, _, description = OPERATIONS[operation]
    name = description["responses"][status]["$ref"].rpartition("/")[2]

    headers = SCHEMA["components"]["responses"][name]["headers"]
    assert ("RateLimit" in headers, "RateLimit-Policy" in headers) == (says_what_is_left,) * 2


def test_lists_in_which_a_value_may_not_stand_twice_say_so() -> None:
    unique = {
        f"{operation} {parameter['name']}"
        for operation, (_, _, description) in OPERATIONS.items()
        for parameter in description.get("parameters", [])
        if parameter.get("schema", {}).get("uniqueItems")
    }

    assert unique == {"compare_tools tools", "compare_tools panel", "retrieve_comparison panel"}


def test_no_description_speaks_of_the_code() -> None:
    for name, schema in SCHEMA["components"]["schemas"].items():
        assert not re.search("serializer|subclass|The base", schema.get("description", "")), name


@pytest.mark.usefixtures("demo", "rendered_as_serialized")
def test_each_operation_has_a_request_in_the_collection_and_each_read_works_as_it_stands(
    api: APIClient,
) -> None:
    committed = json.loads(FILE.read_text(encoding="utf-8"))
    requests = {each["name"]: each["request"] for folder in committed["item"] for each in folder["item"]}

    assert committed == collection(SCHEMA), "run `make schema`"
    assert requests.keys() == OPERATIONS.keys()
    for name in READS:
        url = requests[name]["url"]
        path = url["raw"].removeprefix("{{base_url}}")
        for variable in url["variable"]:
            path = path.replace(f":{variable['key']}", variable["value"])
        assert api.get(path).status_code == 200, name


def test_the_example_of_a_proof_of_work_is_a_proof() -> None:
    _, _, operation = OPERATIONS["create_voter"]
    example = operation["requestBody"]["content"]["application/json"]["examples"]["ProofOfWork"]["value"]
    asked = json.loads(example_files()["create_voter_challenge"].read_text())

    assert example["challenge"] == asked["challenge"]
    digest = hashlib.sha256(f"{example['challenge']}:{example['nonce']}".encode()).digest()
    assert int.from_bytes(digest, "big") >> (256 - asked["difficulty_bits"]) == 0


READS = sorted(
    name
    for name, ask in REQUESTS.items()
    if ask.method == "GET" and not (ask.needs_voter or ask.needs_subscriber)
)
TELLING = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'api_tell_change'::regproc"
# Its rows are written once, by an update of their review, which tells.
TOLD_BY_ANOTHER = {"reviews_reviewrevision"}


def read_addresses() -> list[str]:
    """An address of each public read."""
    review = Review.objects.filter(status="published").earliest("id")
    of_review = (address.format(id=review.pk) for address in OF_REVIEW.values())
    return [*(REQUESTS[name].address for name in READS), *of_review]


@pytest.mark.usefixtures("demo", "rendered_as_serialized")
def test_each_table_that_a_public_answer_reads_tells_its_changes(api: APIClient) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TELLING)
        telling = {name for (name,) in cursor.fetchall()}
        tables = connection.introspection.table_names(cursor)

    with CaptureQueriesContext(connection) as queries:
        assert {api.get(address).status_code for address in read_addresses()} == {200}

    asked = " ".join(query["sql"] for query in queries)
    read = {table for table in tables if re.search(rf"\b{table}\b", asked)}
    assert len(read) > 10
    assert read - telling == TOLD_BY_ANOTHER


# What each answer has of its own, and what tells how it was come by.
OF_ONE_ANSWER = {"X-Request-ID", "Age", "Cache-Status"}


@pytest.mark.usefixtures("demo", "rendered_as_serialized")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("is_known", [False, True], ids=["whole", "known already"])
def test_every_answer_from_memory_is_the_one_that_django_gives(
    api: APIClient, method: str, is_known: bool
) -> None:
    cache, _ = new_cache()
    for address in read_addresses():
        known: dict[str, Any] = {"HTTP_IF_NONE_MATCH": api.get(address)["ETag"]} if is_known else {}
        rendered = api.generic(method, address, **known)

        with keeping_the_connection():
            rendering, cached = (ask(cache, address, method, **known) for _ in range(2))

        assert (rendering.cache_status, cached.cache_status) == ("fwd=miss", "hit"), address
        for answer in (rendering, cached):
            assert answer.status.startswith(str(rendered.status_code))
            assert answer.body == (b"" if method == "HEAD" else rendered.content)
            expected = {**rendered.headers, "Vary": "origin, Accept-Encoding"}
            assert without(answer.headers, OF_ONE_ANSWER) == without(expected, OF_ONE_ANSWER)


def without(headers: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}
