"""The base of what stands below a form: as many rows as fit, and no more forms are built than that."""

from typing import TYPE_CHECKING, Any, TypeAlias

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import Model
from django.http import HttpRequest

from backend.admin.refusals import DjangoModelForm, ModelForm

# Django's classes take their models in brackets only for type checkers. Any: each inline has its own.
if TYPE_CHECKING:
    DjangoInline: TypeAlias = InlineModelAdmin[Any, Model]
    DjangoStackedInline = admin.StackedInline[Any, Model]
    InlineFormSet: TypeAlias = forms.BaseInlineFormSet[Any, Any, Any]
else:
    DjangoInline = InlineModelAdmin
    DjangoStackedInline = admin.StackedInline
    InlineFormSet = forms.BaseInlineFormSet


class StackedInline(DjangoStackedInline):
    """Each says how many rows fit: `max_num`."""

    form: type[DjangoModelForm] = ModelForm

    def get_formset(
        self, request: HttpRequest, obj: Model | None = None, **kwargs: object
    ) -> type[InlineFormSet]:
        """More rows than fit are refused, and not only not offered.

        Django builds a thousand forms more than fit, whatever number is sent. Here one more is built, to be refused.
        """
        most = self.get_max_num(request, obj)
        bounds = {"validate_max": True, "absolute_max": None if most is None else most + 1}
        return super().get_formset(request, obj, **{**bounds, **kwargs})
