"""Query parameters, read strictly: what is not documented is refused, and every error is named at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Self, TypeAlias, cast

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

MAX_VALUE_LENGTH = 2_000
SLUG = r"[a-z0-9-]{1,255}"
# Any: whatever a field reads from and gives.
AnyField: TypeAlias = "serializers.Field[Any, Any, Any, Any]"
AnySerializer: TypeAlias = "serializers.Serializer[Any]"


class Parameters(serializers.Serializer[object]):
    """The base: a view's parameters are the fields of its subclass, and none here.

    `selectable` names the answer's properties that `fields=` may choose from; without any there is no `fields=`.
    """

    selectable: Sequence[str] = ()

    def get_fields(self) -> dict[str, AnyField]:
        fields = super().get_fields()
        if self.selectable:
            fields["fields"] = CommaList(
                choices=self.selectable, help_text="Answer with these properties only."
            )
        return with_choices_named(fields)

    @classmethod
    def selecting(cls, names: Sequence[str]) -> type[Self]:
        """The same parameters, and `fields=` beside them, which chooses from these names."""
        return type(cls.__name__, (cls,), {"selectable": names})

    @classmethod
    def read(cls, query: QueryDict) -> dict[str, Any]:
        """The validated values; raises one ValidationError that lists every error."""
        reader = _reader_of(cls)
        texts = {name: ",".join(values) for name, values in query.lists()}
        # A plain dict, because DRF takes an empty value for a missing one in a QueryDict.
        short = {name: text for name, text in texts.items() if len(text) <= MAX_VALUE_LENGTH}
        values, errors = {}, dict(reader.errors_of(query))
        try:
            values = reader.run_validation(short)
        except ValidationError as refusal:
            errors = cast("dict[str, list[ErrorDetail]]", refusal.detail) | errors
        if errors:
            raise ValidationError(errors)
        return dict(values)

    @classmethod
    def canonical(cls, query: QueryDict) -> str:
        """The one spelling of all queries that ask for the same: ours of names and of closed lists, without defaults.

        Raises what `read` raises.
        """
        return cls.query_of(cls.read(query))

    @classmethod
    def query_of(cls, values: Mapping[str, object]) -> str:
        """The canonical query of validated values."""
        asked = QueryDict(mutable=True)
        for name, field in _reader_of(cls).fields.items():
            default = None if field.default is serializers.empty else field.default
            text = as_text(values.get(name), field)
            if text != as_text(default() if callable(default) else default, field):
                asked[name] = text
        return asked.urlencode(safe=",")

    def errors_of(self, query: QueryDict) -> Iterator[tuple[str, list[ErrorDetail]]]:
        """What no field can see: names that we do not know, repeats, and values too long to look at."""
        for name, values in query.lists():
            if name not in self.fields:
                yield name, [ErrorDetail(self._unknown(name), "unknown_parameter")]
            elif len(values) > 1 and not isinstance(self.fields[name], CommaList):
                yield name, [ErrorDetail("Given more than once.", "repeated_parameter")]
            elif len(",".join(values)) > MAX_VALUE_LENGTH:
                yield name, [ErrorDetail(f"Longer than {MAX_VALUE_LENGTH:,} characters.", "max_length")]

    def _unknown(self, name: str) -> str:
        plain = name.removesuffix("[]")
        if plain != name and isinstance(self.fields.get(plain), CommaList):
            return f"Unknown parameter; without brackets a list is {plain}=a,b or {plain}=a&{plain}=b."
        return f"Unknown parameter; allowed here: {', '.join(self.fields) or 'none'}."


@cache
def _reader_of(parameters: type[Parameters]) -> Parameters:
    """One for all requests: it keeps nothing of what it reads, and its fields take long to copy."""
    return parameters()


def as_text(value: Any, field: AnyField) -> str:
    """A validated value as a query has it; the values of a closed list in the list's order."""
    if isinstance(field, CommaList) and value:
        return ",".join([choice for choice in field.choices if choice in value] or value)
    return "" if value is None or value == [] else str(value)


def with_choices_named(fields: dict[str, AnyField]) -> dict[str, AnyField]:
    """The same fields, each of which tells what it would take."""
    for field in fields.values():
        if isinstance(field, serializers.ChoiceField):
            allowed = ", ".join(field.choices)
            # Of a long value no more than the beginning is told.
            field.error_messages["invalid_choice"] = f"'{{input!s:.100}}' is not one of: {allowed}."
    return fields


class WholeNumber(serializers.IntegerField):
    """An integer in plain ASCII digits; Python and DRF would also take `١٢`, `1.0` and `1_000`."""

    def to_internal_value(self, data: float | str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,20}", str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class CommaList(serializers.Field[list[str], str, list[str], object]):
    """`a,b` as a list without repeats, of `choices` or of texts like `pattern`; empty when not given.

    The parameter may be repeated instead, as some generated clients do, or both: `name=a,b&name=c`. A value that stands
    twice counts once, or is refused where it would change what is asked (`may_repeat`).
    """

    default_error_messages = {
        "invalid_choice": "'{value}' is not one of: {allowed}.",
        "invalid": "'{value}' is not a valid name.",
        "max_items": "At most {max_items} values.",
        "min_items": "At least {min_items} values.",
        "repeated": "'{value}' stands twice.",
    }

    def __init__(
        self,
        *,
        choices: Sequence[str] = (),
        pattern: str = SLUG,
        min_items: int = 1,
        max_items: int = 20,
        may_repeat: bool = True,
        **kwargs: Any,
    ) -> None:
        if not kwargs.get("required"):
            kwargs.setdefault("default", list)
        super().__init__(**kwargs)
        self.choices, self.pattern = tuple(choices), pattern
        self.min_items, self.max_items = min_items, max_items
        self.may_repeat = may_repeat

    def to_internal_value(self, data: str) -> list[str]:
        given = str(data).split(",")
        if len(given) > self.max_items:
            self.fail("max_items", max_items=self.max_items)
        items = list(dict.fromkeys(given))
        if refused := [refusal for item in items if (refusal := self._refusal_of(item))]:
            raise ValidationError(refused)
        if len(items) < len(given) and not self.may_repeat:
            self.fail("repeated", value=next(item for item in given if given.count(item) > 1))
        if len(items) < self.min_items:
            self.fail("min_items", min_items=self.min_items)
        return items

    def _refusal_of(self, item: str) -> ErrorDetail | None:
        if self.choices:
            code, is_right = "invalid_choice", item in self.choices
        else:
            code, is_right = "invalid", re.fullmatch(self.pattern, item) is not None
        detail = self.error_messages[code].format(value=item, allowed=", ".join(self.choices))
        return None if is_right else ErrorDetail(detail, code)


# What a list may be asked to include beside its rows.
COUNT = "count"
INCLUDE_COUNT = "`count`: how many there are on all pages."


class ListParameters(Parameters):
    """What every list takes."""

    limit = WholeNumber(min_value=1, max_value=100, default=20, help_text="How many results to give at most.")
    cursor = serializers.CharField(
        required=False,
        default=None,
        max_length=MAX_VALUE_LENGTH,
        help_text="Where to go on, as `next` or `previous` of an earlier answer has it.",
    )
