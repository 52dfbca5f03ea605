"""A form that is older than its row: what was changed meanwhile, beside what was typed.

A page's form carries what it was opened with. When it is sent and the row says something else by now, the form is given
back. Where its sender changed nothing, it has the other's text; where both did, the sender's, and the other's beside it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django import forms
from django.core import signing
from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from backend.admin.inlines import InlineFormSet

Files: TypeAlias = "MultiValueDict[str, UploadedFile[bytes]]"

# The hidden field with what a form was opened with.
OPENED = "opened"
STALE = "This was changed while you had it open, and nothing of yours was saved. Compare both texts above, then save again."
NOT_OPENED = "The form does not say what it was opened with, and nothing was saved. Compare it with the row and save again."
ROW_IS_GONE = "(removed)"

# By the name of a column: what JSON holds.
Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """The form of one row, or of one row below it: unbound, for what its fields and widgets know."""

    form: forms.BaseForm
    row: Model
    # How its fields are named in what is sent.
    prefix: str = ""
    # What the rows below the form are called; nothing of the form itself.
    kind: str = ""
    # Of a row that was sent and is stored no longer.
    is_removed: bool = False

    @property
    def values(self) -> Values:
        return values_of(self.row, self.form.fields)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that was changed meanwhile: what it says now, and what was sent where that is another text."""

    label: str
    now: str
    sent: str | None


def values_of(row: Model, names: Iterable[str]) -> Values:
    """What the row says in these fields, as JSON holds it."""
    fields = {field.name: field for field in (*row._meta.concrete_fields, *row._meta.many_to_many)}
    said = {name: _value(row, fields[name]) for name in names if name in fields}
    values: Values = json.loads(json.dumps(said, default=str))
    return values


# Any: Django has columns and relations, whose types name no common base.
def _value(row: Model, column: Any) -> object:
    """What the row says in a column; of a relation to many the ids."""
    value = column.value_from_object(row)
    return sorted(str(each.pk) for each in value) if column.many_to_many else value


def sign(parts: Iterable[Part]) -> str:
    """What the parts say, for the hidden field."""
    said: dict[str, Values] = {_name(part): part.values for part in parts}
    return signing.dumps(said, salt=OPENED, compress=True)


def verify(text: str) -> dict[str, Values]:
    """What `sign` was given; raises BadRequest for anything else."""
    try:
        said: dict[str, Values] = signing.loads(text, salt=OPENED)
    except signing.BadSignature as error:
        raise BadRequest("The form was not opened here.") from error
    return said


def compare(
    opened: Mapping[str, Values], parts: list[Part], sent: QueryDict, files: Files
) -> tuple[list[Difference], QueryDict]:
    """What was changed since the form was opened, and what was sent with the other's text where its sender changed none."""
    merged = sent.copy()
    found = [
        difference
        for part in parts
        for difference in _compare(opened.get(_name(part)), part, sent, files, merged)
    ]
    there = {_name(part) for part in parts}
    gone = [name for name in opened if name not in there]
    found += [Difference(name.rpartition(" ")[0].capitalize(), ROW_IS_GONE, None) for name in gone]
    return found, merged


def _name(part: Part) -> str:
    """What names a part however its form is numbered."""
    return f"{part.kind} {part.row.pk}" if part.kind else ""


def _compare(
    opened: Values | None, part: Part, sent: QueryDict, files: Files, merged: QueryDict
) -> Iterator[Difference]:
    if part.is_removed:
        yield Difference(part.kind.capitalize(), ROW_IS_GONE, _typed(opened or {}, part, sent, files))
        return
    if opened is None:
        yield Difference(part.kind.capitalize(), str(part.row), None)
        return
    for name, value in part.values.items():
        if name not in opened or value == opened[name]:
            continue
        field, html_name = part.form.fields[name], f"{part.prefix}{name}"
        column: Any = part.row._meta.get_field(name)
        typed = field.widget.value_from_datadict(sent, files, html_name)
        now = _value(part.row, column)
        if not field.has_changed(now, typed):
            # Both wrote the same, or the form was sent twice.
            continue
        named = str(part.form[name].label)
        label = f"{part.kind} {part.row}: {named}" if part.kind else named
        if field.has_changed(column.to_python(opened[name]), typed):
            yield Difference(label, in_words(field, now), in_words(field, typed))
        else:
            write(merged, html_name, field, now)
            yield Difference(label, in_words(field, now), None)


def _typed(opened: Values, part: Part, sent: QueryDict, files: Files) -> str | None:
    """What the sender changed of a row, so that it can be entered anew; None where that is nothing."""
    changed = []
    for name, value in opened.items():
        # Any: a column, which reads the text of JSON.
        field, column = part.form.fields[name], part.row._meta.get_field(name)
        typed = field.widget.value_from_datadict(sent, files, f"{part.prefix}{name}")
        read: Any = column
        if field.has_changed(read.to_python(value), typed):
            changed.append(f"{part.form[name].label}: {in_words(field, typed)}")
    return "\n".join(changed) or None


def removed_rows(data: QueryDict, formset: InlineFormSet, key: str) -> dict[int, str]:
    """The rows of an inline that were sent and are stored no longer: their ids, by how they were numbered.

    `key` names the field with the id.
    """
    stored = {str(form.instance.pk) for form in formset.initial_forms}
    sent = {n: data.get(f"{formset.prefix}-{n}-{key}", "") for n in range(formset.max_num)}
    return {n: pk for n, pk in sent.items() if pk and pk not in stored}


def leave_out_removed(data: QueryDict, formset: InlineFormSet, key: str) -> None:
    """Takes such rows out of what was sent and numbers the others anew: a form that names them could never be saved."""
    removed, prefix = removed_rows(data, formset, key), str(formset.prefix)
    if not removed:
        return
    named = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,4}})-(.+)")
    found = {name: match for name in list(data) if (match := named.fullmatch(name))}
    numbers = sorted({int(match[1]) for match in found.values()} - removed.keys())
    place = {number: n for n, number in enumerate(numbers)}
    values = {name: data.pop(name) for name in found}
    for name, match in found.items():
        if int(match[1]) in place:
            data.setlist(f"{prefix}-{place[int(match[1])]}-{match[2]}", values[name])
    data[f"{prefix}-TOTAL_FORMS"] = str(len(place))
    data[f"{prefix}-INITIAL_FORMS"] = str(sum(bool(data.get(f"{prefix}-{n}-{key}")) for n in place.values()))


def write(data: QueryDict, name: str, field: forms.Field, value: object) -> None:
    """Puts a value into what was sent, as a browser would send it."""
    widget, shown = field.widget, field.prepare_value(value)
    if isinstance(widget, forms.MultiWidget):
        parts: list[object] = widget.decompress(shown) or []
        for place, (each, part) in enumerate(zip(widget.widgets, parts, strict=True)):
            data[f"{name}_{place}"] = each.format_value(part) or ""
    elif isinstance(widget, forms.CheckboxInput):
        data.pop(name, None)
        if shown:
            data[name] = "on"
    elif isinstance(field, forms.ModelMultipleChoiceField):
        data.setlist(name, shown)
    else:
        formatted = widget.format_value(shown)
        data[name] = (formatted[0] if isinstance(formatted, list) else formatted) or ""


def in_words(field: forms.Field, value: object) -> str:
    """A value of a column, or one that was sent, as people read it."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        rows = field.queryset.filter(pk__in=value) if field.queryset is not None else ()
        return "\n".join(map(str, rows)) or "–"
    if isinstance(field, forms.ModelChoiceField):
        row = field.queryset.filter(pk=value).first() if value and field.queryset is not None else None
        return str(row or "–")
    if isinstance(field, forms.ChoiceField):
        # Any: Django's are a list, or made anew each time.
        choices: Any = field.choices
        names = {str(key): str(label) for key, label in choices}
        return names.get(str(value), "–" if value in (None, "") else str(value))
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        parts = [str(part) for part in value if part]
        return (" " if isinstance(field.widget, forms.MultiWidget) else "\n").join(parts) or "–"
    return "–" if value in (None, "") else str(value)
