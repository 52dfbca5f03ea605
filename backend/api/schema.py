"""How views become operations of `openapi.yaml`: what drf-spectacular must be told of our own classes.

A view declares what it is: `parameters` names its query parameters, `credentials` the scheme it asks for, `may_move`
that some of its addresses answer 308; a method says what it `refuses`. A method's docstring is its operation's summary,
and below an empty line the description. Examples are files of the view's app, named for the operation. What many
operations share stands in shared_answers.py.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from django.apps import apps
from drf_spectacular.drainage import warn
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent, get_doc
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiParameter
from rest_framework.views import APIView

from backend.api import idempotency
from backend.api.credentials import Scheme, WrongScheme
from backend.api.deprecation import deprecation_of
from backend.api.json_type import Json
from backend.api.pagination import InvalidCursor
from backend.api.parameters import AnySerializer, ListParameters
from backend.api.problems import PROBLEMS, ProblemSerializer, Refusal
from backend.api.rate_limits import Limit
from backend.api.shared_answers import (
    ANSWERS,
    CACHED,
    COUNTED,
    DEPRECATED,
    REQUEST_ID,
    UNCOUNTED,
    UNCOUNTED_UNREAD,
    SchemaObject,
    answer_component,
    answer_name,
    header_components,
    header_references,
    pascal_case,
)
from backend.api.views import UNSAFE_METHODS, PrivateView, PublicView

Parameter: TypeAlias = "OpenApiParameter | AnySerializer | type[AnySerializer]"

# What the examples of a limit show where an operation has none.
SOME_LIMIT = Limit("requests-60s", 30, 60)

NO_CONTROL_CHARACTERS = r"^[^\u0000-\u001f\u007f]*$"

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": f"^{idempotency.KEY_PATTERN}$", "examples": [REQUEST_ID]},
    OpenApiParameter.HEADER,
    description=(
        "A random UUID of your own. Sent again within 24 hours, with the same body, it gets the first answer "
        "again; only a success is kept."
    ),
)


IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    {"type": "string", "examples": ['"5eb63bbbe01eeed093cb22bb8f5acdc3"']},
    OpenApiParameter.HEADER,
    description="The `ETag` of the answer that you have: where it is still right, a 304 without a body.",
)


def example_file(view: type[APIView], *names: str) -> Path:
    """Where an operation's example is: a real answer on demo content, which a test compares with the live one.

    Below `requests`, bodies to send stand under the names that readers see.
    """
    app = apps.get_containing_app_config(view.__module__)
    return Path(app.path if app else ".", "examples", *names).with_suffix(".json")


class AutoSchema(SpectacularSchema):
    """Takes parameters from `view.parameters`; an operation without an id of its own is an error."""

    def get_operation_id(self) -> str:
        warn(f"{self.method} {self.path} has no operation_id in @extend_schema")
        return super().get_operation_id()

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> SchemaObject | None:
        operation: SchemaObject | None = super().get_operation(
            path, path_regex, path_prefix, method, registry
        )
        # Said outright where nothing is asked for.
        return {"security": [], **operation} if operation else operation

    def get_summary(self) -> str:
        """The first line of the method's docstring; that of a class speaks to those who read the code."""
        return self._paragraphs()[0]

    def get_description(self) -> str:  # type: ignore[override]
        """What stands below that line, each paragraph in one line."""
        return "\n\n".join(self._paragraphs()[1:])

    def _paragraphs(self) -> list[str]:
        paragraphs = get_doc(getattr(self.view, self.method.lower())).split("\n\n")
        return [" ".join(paragraph.split()) for paragraph in paragraphs]

    def get_examples(self) -> list[OpenApiExample]:
        bodies = example_file(type(self.view), "requests", self.get_operation_id())
        named = json.loads(bodies.read_text(encoding="utf-8")) if bodies.exists() else {}
        return [OpenApiExample(name, body, request_only=True) for name, body in named.items()]

    def get_override_parameters(self) -> "list[Parameter]":
        parameters = getattr(self.view, "parameters", None)
        found: list[Parameter] = (
            [parameters] if self.method == "GET" and parameters and parameters().fields else []
        )
        if self.is_public_read():
            found.append(IF_NONE_MATCH)
        return [*found, IDEMPOTENCY_KEY] if self.is_idempotent() else found

    def get_auth(self) -> list[dict[str, list[str]]]:
        """The scheme that the view names; it reads the token itself, for that is all there is to know of its owner."""
        scheme = self.credentials()
        if scheme is None:
            return super().get_auth()
        self.registry.register_on_missing(
            ResolvedComponent(
                name=scheme.key,
                type=ResolvedComponent.SECURITY_SCHEMA,
                object=scheme,
                schema=scheme.definition(),
            )
        )
        return [{scheme.key: []}]

    def _process_override_parameters(self, direction: Direction = "request") -> Json:
        result = super()._process_override_parameters(direction)  # type: ignore[no-untyped-call]
        for parameter in result.values():
            schema = parameter["schema"]
            if schema.get("type") == "array":
                parameter.update(style="form", explode=False)
            elif schema.get("type") == "string" and "enum" not in schema and parameter["in"] == "query":
                schema.setdefault("pattern", NO_CONTROL_CHARACTERS)
            if schema.get("default") == "":
                del schema["default"]
        return result

    def _map_basic_serializer(self, serializer: AnySerializer, direction: Direction) -> SchemaObject:
        schema: SchemaObject = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        # The docstring of a base speaks to those who read the code.
        if not type(serializer).__dict__.get("__doc__"):
            schema.pop("description", None)
        properties: Json = schema.get("properties", {})
        if direction == "response":
            sometimes = {
                name for name, field in serializer.fields.items() if is_sent_on_request(serializer, field)
            }
            schema["required"] = sorted(properties.keys() - sometimes)
            for name, property_ in properties.items():
                properties[name] = without_read_only(property_)
        return schema

    def _get_request_body(self, direction: Direction = "request") -> Json:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        # An object without anything in it must be sent too.
        return {**body, "required": True} if body else body

    def _get_response_bodies(self, direction: Direction = "response") -> SchemaObject:
        answers = super()._get_response_bodies(direction)
        codes: dict[str, list[str]] = defaultdict(list)
        for code in sorted(set(self.codes())):
            codes[str(PROBLEMS[code].status)].append(code)
        shared = {status: self.shared_answer(status, found) for status, found in codes.items()}
        if self.is_public_read():
            shared["304"] = self.shared_answer("304", [])
        if getattr(self.view, "may_move", False):
            shared["308"] = self.shared_answer("308", [])
        return dict(sorted({**answers, **shared}.items()))

    def codes(self) -> Iterator[str]:
        """Of each problem that the operation can answer with: by what it is, and by what its method refuses."""
        statuses = ["400", "406", "414", "500", "503"]
        handler = getattr(self.view, self.method.lower())
        refusals: list[type[Refusal]] = [
            *getattr(handler, "refusals", ()), *getattr(self.view, "more_refusals", ()),
        ]  # fmt: skip
        if "{" in self.path:
            statuses.append("404")
        if self.is_public_read():
            statuses.append("412")
        if self._get_request_body():
            statuses += ["408", "413", "415"]
            yield "parse_error"
        if self.is_counted():
            statuses.append("429")
        if issubclass(getattr(self.view, "parameters", object), ListParameters) and self.method == "GET":
            refusals.append(InvalidCursor)
        if self.is_idempotent():
            refusals += idempotency.REFUSALS
        if scheme := self.credentials():
            refusals += [scheme.missing, WrongScheme, *scheme.refused]
        yield from (code for status in statuses for code in ANSWERS[status].codes)
        yield from (refusal.default_code for refusal in refusals)

    def shared_answer(self, status: str, codes: list[str]) -> dict[str, str]:
        """A `$ref` to the answer of this status that may tell of these codes, which is put into the components."""
        self.resolve_serializer(ProblemSerializer, "response")
        scheme = self.credentials()
        owner = scheme.name if scheme and status == "401" else pascal_case(self.get_operation_id())
        name = answer_name(status, codes, owner=owner)
        uncounted = UNCOUNTED if self.is_counted_unread() else UNCOUNTED | UNCOUNTED_UNREAD
        is_counted = self.is_counted() and status not in uncounted
        if is_counted and status != "429":
            name += "Counted"
        component = answer_component(
            status, codes, is_counted=is_counted, limit=getattr(self.view, "counted_by", None) or SOME_LIMIT
        )
        answer = ResolvedComponent(name, ResolvedComponent.RESPONSE, schema=component, object=name)
        self.registry.register_on_missing(answer)
        reference: dict[str, str] = answer.ref
        return reference

    def _get_response_for_code(
        self, serializer: object, status_code: str, *args: object, **kwargs: object
    ) -> Json:
        answer = super()._get_response_for_code(serializer, status_code, *args, **kwargs)  # type: ignore[no-untyped-call]
        answer["description"] = answer["description"] or "The answer."
        example = example_file(type(self.view), self.get_operation_id())
        if example.exists():
            answer["content"]["application/json"]["example"] = json.loads(example.read_text(encoding="utf-8"))
        names = [
            *(CACHED if self.is_public_read() else ["X-Request-ID"]),
            *(COUNTED if self.is_counted() else []),
            *(["Idempotency-Replayed"] if self.is_idempotent() else []),
            *(DEPRECATED if self.is_deprecated() else []),
        ]
        answer["headers"] = {**answer.get("headers", {}), **header_references(*names)}
        return answer

    def credentials(self) -> Scheme | None:
        scheme: Scheme | None = getattr(self.view, "credentials", None)
        return scheme

    def is_deprecated(self) -> bool:
        return deprecation_of(self.view, self.method) is not None

    def is_public_read(self) -> bool:
        return self.method == "GET" and isinstance(self.view, PublicView)

    def is_counted(self) -> bool:
        return getattr(self.view, "counted_by", None) is not None and self.method in UNSAFE_METHODS

    def is_counted_unread(self) -> bool:
        """Whether a request is counted before its body is read."""
        return isinstance(self.view, PrivateView) and type(self.view).count is not PrivateView.count

    def is_idempotent(self) -> bool:
        return hasattr(getattr(self.view, self.method.lower(), None), "is_idempotent")


def is_sent_on_request(serializer: AnySerializer, field: Any) -> bool:
    """Whether an answer may lack the field: those that are declared with `required=False`.

    Of a model's other fields DRF says that too, where it means that a request may leave them out.
    """
    return field.field_name in serializer._declared_fields and field._kwargs.get("required") is False


def without_read_only(schema: Json) -> Json:
    """The property of an answer: requests have schemas of their own, so nothing there need be marked as read alone."""
    schema.pop("readOnly", None)
    return schema["allOf"][0] if schema.keys() == {"allOf"} and len(schema["allOf"]) == 1 else schema


def say_default(schema: Json) -> None:
    """In words: generators take a property with a `default` for one that has to be sent."""
    default = schema.pop("default", None)
    if default:
        said = schema.get("description", "").removesuffix(".")
        schema["description"] = f"{said}{'; ' if said else ''}`{default}` when left out."


def add_shared_answers(
    result: dict[str, SchemaObject], generator: SchemaGenerator, **_: object
) -> dict[str, SchemaObject]:
    """A postprocessing hook: puts what the operations refer to into the components.

    After that of enums: the codes of a problem are an enum of that problem alone.
    """
    # Examples show the scheme and the limit of the first operation that has any.
    views = [callback.cls for *_, callback in generator.endpoints or ()]
    schemes = [view.credentials.name for view in views if getattr(view, "credentials", None)]
    limits = [view.counted_by for view in views if getattr(view, "counted_by", None)]
    components: Json = result["components"]
    headers = header_components(scheme=[*schemes, "Bearer"][0], limit=[*limits, SOME_LIMIT][0])
    # Those of operations that will go stand there once one will.
    used = str(result["paths"])
    components["headers"] = {
        name: header
        for name, header in headers.items()
        if name not in DEPRECATED or f"headers/{name}'" in used
    }
    for name, answer in components["responses"].items():
        for content in answer.get("content", {}).values():
            schema = f"{name.removesuffix('Counted')}Problem"
            components["schemas"][schema] = content["schema"]
            content["schema"] = {"$ref": f"#/components/schemas/{schema}"}
    return result


class BodyExtension(OpenApiSerializerExtension):
    """What a body does not name, it refuses."""

    target_class = "backend.api.bodies.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: SpectacularSchema, direction: Direction) -> SchemaObject:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        for property_ in schema.get("properties", {}).values():
            say_default(property_)
        return {**schema, "additionalProperties": False}


class CommaListExtension(OpenApiSerializerFieldExtension):
    target_class = "backend.api.parameters.CommaList"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: SpectacularSchema, direction: Direction) -> SchemaObject:
        field = self.target
        item = {"enum": list(field.choices)} if field.choices else {"pattern": f"^{field.pattern}$"}
        return {
            "type": "array",
            "items": {"type": "string", **item},
            "minItems": field.min_items,
            "maxItems": field.max_items,
            **({} if field.may_repeat else {"uniqueItems": True}),
        }


class NullableItemsExtension(OpenApiSerializerFieldExtension):
    """A list whose items may be null; the library drops that where the items are objects."""

    target_class = "rest_framework.fields.ListField"

    def map_serializer_field(self, auto_schema: SpectacularSchema, direction: Direction) -> Json:
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        if self.target.child.allow_null and "$ref" in schema["items"]:
            schema["items"] = {"oneOf": [schema["items"], {"type": "null"}]}
        return schema
