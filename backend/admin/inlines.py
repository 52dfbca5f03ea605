"""The base of what stands below a form: as many rows as fit, and no more forms are built than that."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from backend.admin.refusals import ModelForm

# Django's class takes its models in brackets only for type checkers.
if TYPE_CHECKING:
    DjangoStackedInline = admin.StackedInline[Any, Any]
else:
    DjangoStackedInline = admin.StackedInline


class StackedInline(DjangoStackedInline):
    """Each says how many rows fit: `max_num`."""

    # Any: forms of rows may be made with more than Django knows of.
    form: Any = ModelForm

    # Any: what Django's factory of formsets takes and gives.
    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """More rows than fit are refused, and not only not offered.

        Django builds a thousand forms more than fit, whatever number is sent. Here one more is built, to be refused.
        """
        most = self.get_max_num(request, obj)
        bounds = {"validate_max": True, "absolute_max": None if most is None else most + 1}
        return super().get_formset(request, obj, **{**bounds, **kwargs})
