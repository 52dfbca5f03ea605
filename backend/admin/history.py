"""The history of a row, as far as its reader's form goes: what a page doesn't show, its history doesn't tell."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.text import capfirst

# Django's classes take their model in brackets only for type checkers.
if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldsetSpec as Fieldsets

    Page = admin.ModelAdmin[Any]
    FormPage = BaseModelAdmin[Any]
else:
    Page = FormPage = Fieldsets = object

# Fields by their names, each with its label.
Labels = dict[str, str]
# What Django writes of a change: an action, and what it was done to. Any: texts and lists of texts.
Part = dict[str, dict[str, Any]]

UNNAMED = "Changed."


def labels_of(page: Page, request: HttpRequest, row: Model) -> Labels:
    """What the reader's form shows of the row."""
    form = page.get_form(request, row, change=True)
    return _labels(page, form, page.get_fieldsets(request, row))


def labels_below(page: Page, request: HttpRequest, row: Model) -> dict[str, Labels]:
    """The kinds of rows that stand below the form, each with what the reader is shown of one."""
    return {
        str(inline.opts.verbose_name): _labels(
            inline, inline.get_formset(request, row).form, inline.get_fieldsets(request, row)
        )
        for inline in page.get_inline_instances(request, row)
    }


def columns_of(model: type[Model], labels: Labels, below: dict[str, Labels]) -> Labels:
    """The same by the names that the database's history has: of columns, and of fields of rows below after a colon."""
    own = {
        str(field.column): labels[field.name] for field in model._meta.concrete_fields if field.name in labels
    }
    return own | {f": {name}": f": {name}" for fields in below.values() for name in fields}


def as_shown(message: str, labels: Labels, below: dict[str, Labels]) -> str:
    """A message of Django's log, which names fields as the form of its writer did; other messages are sentences."""
    try:
        parts = json.loads(message) if message.startswith("[") else None
    except json.JSONDecodeError:
        parts = None
    if not parts:
        return message
    return json.dumps(kept) if (kept := list(_kept(parts, labels, below))) else UNNAMED


def _kept(parts: list[Part], labels: Labels, below: dict[str, Labels]) -> Iterator[Part]:
    for part in parts:
        for action, what in part.items():
            known = below.get(what["name"]) if "name" in what else labels
            if known is None:
                continue
            if "fields" in what:
                fields = [known.get(each, each) for each in what["fields"]]
                what["fields"] = [each for each in fields if each in known.values()]
            if what.get("fields") != []:
                yield {action: what}


def _labels(page: FormPage, form: "type[ModelForm[Model]]", fieldsets: Fieldsets) -> Labels:
    def label(name: str) -> str:
        if name in form.base_fields:
            return str(form.base_fields[name].label or name)
        return capfirst(str(label_for_field(name, page.model, page)))

    return {name: label(name) for name in flatten_fieldsets(fieldsets)}
