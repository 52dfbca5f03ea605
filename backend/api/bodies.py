"""Request bodies, read strictly: JSON alone, no property that is not documented, every error named at once."""

import json
from typing import Any

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError, UnsupportedMediaType, ValidationError

from backend.api.parameters import AnyField, with_choices_named


class Body(serializers.Serializer[object]):
    """The base: the properties of a body are the fields of its subclass, and none besides."""

    default_error_messages = {"invalid": "The body must be a JSON object."}

    def get_fields(self) -> dict[str, AnyField]:
        return with_choices_named(super().get_fields())

    def to_internal_value(self, data: object) -> dict[str, object]:
        unknown = data.keys() - self.fields.keys() if isinstance(data, dict) else ()
        errors = {
            name: [
                ErrorDetail(
                    f"Unknown property; allowed here: {', '.join(self.fields) or 'none'}.", "unknown_property"
                )
            ]
            for name in sorted(unknown)
        }
        try:
            values: dict[str, object] = super().to_internal_value(data)
        except ValidationError as error:
            assert isinstance(error.detail, dict)  # noqa: S101, PT017 - a serializer's errors go by field.
            raise ValidationError({**error.detail, **errors}) from None
        if errors:
            raise ValidationError(errors)
        return values

    @classmethod
    def validate_json(cls, document: object) -> dict[str, Any]:
        body = cls(data=document)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)


def json_of(request: HttpRequest) -> object:
    """The body's JSON document, in UTF-8 and with each name once (RFC 7493); raises UnsupportedMediaType or ParseError."""
    charset = (request.content_params or {}).get("charset", "utf-8")
    if request.content_type != "application/json":
        raise UnsupportedMediaType(request.content_type or "")
    if charset.lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("application/json", "JSON is taken in UTF-8 alone.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(
            "application/json", "No compressed body is taken; send it without `Content-Encoding`."
        )
    try:
        # Decoded here, since json.loads would guess UTF-16 and UTF-32 too. A byte order mark is ignored.
        document: object = _decode(request.body.decode("utf-8-sig"))
        return document
    except (ValueError, RecursionError) as error:
        raise ParseError from error


def _refuse_repeated_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ParseError("The body names a property twice.")
    return document


def _refuse_constant(name: str) -> None:
    """NaN and Infinity, which Python would take, are not JSON."""
    raise ValueError(name)


_decode = json.JSONDecoder(object_pairs_hook=_refuse_repeated_names, parse_constant=_refuse_constant).decode
