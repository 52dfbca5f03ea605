"""The curators' pages for categories, conditions and earlier slugs, and what pages of tools and pairs share."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest
from django.utils.text import slugify

from backend.admin.base import ReadOnlyAdmin, ReasonForm, RecordedAdmin
from backend.admin.inlines import InlineFormSet, StackedInline
from backend.admin.refusals import ModelForm
from catalog.models import MAX_FITS, Category, Condition, Tool, ToolAlias
from catalog.querysets import CategoryQuerySet, ConditionQuerySet
from catalog.validators import validate_web_address


@admin.register(Category)
class CategoryAdmin(RecordedAdmin):
    list_display = ["name", "slug", "published_tools", "updated_at"]
    search_fields = ["name", "slug"]
    search_place = 7
    ordering = ["name", "id"]
    fields = ["name", "slug", "description"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> CategoryQuerySet:
        return Category.objects.with_tool_count().order_by(*self.get_ordering(request))

    @admin.display(ordering="tool_count")
    def published_tools(self, category: Category) -> int:
        return category.tool_count


# Any, in forms: Django's own arguments.
class ConditionForm(ReasonForm):
    """The slug may be left to the words: one made while they are typed would keep those that are refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and (slug := self.fields.get("slug")):
            slug.required = False
            slug.help_text = "Its place in addresses. Empty: from the words."

    def clean_slug(self) -> str:
        slug, words = str(self.cleaned_data["slug"]), str(self.cleaned_data.get("name", ""))
        if slug or not words:
            return slug
        if not (from_words := slugify(words.replace("_", "-"))):
            raise ValidationError("Give one: these words have no letters from a to z.")
        return str(from_words)


@admin.register(Condition)
class ConditionAdmin(RecordedAdmin):
    form = ConditionForm
    list_display = ["name", "slug", "published_tools", "updated_at"]
    search_fields = ["name", "slug"]
    search_place = 8
    ordering = ["name", "id"]
    fields = ["name", "slug"]

    def get_queryset(self, request: HttpRequest) -> ConditionQuerySet:
        return Condition.objects.with_tool_count().order_by(*self.get_ordering(request))

    @admin.display(ordering="tool_count")
    def published_tools(self, condition: Condition) -> int:
        return condition.tool_count


@admin.register(ToolAlias)
class ToolAliasAdmin(ReadOnlyAdmin):
    list_display = ["slug", "tool", "created_at"]
    list_select_related = ["tool"]
    search_fields = ["slug", "tool__name", "tool__slug"]
    date_hierarchy = "created_at"
    ordering = ["slug"]


class LinksField(SimpleArrayField):
    """Addresses, one a line."""

    default_error_messages = {"item_invalid": "Line %(nth)s:"}

    def __init__(self, *, most: int, required: bool = False, rows: int = 4) -> None:
        super().__init__(
            forms.URLField(max_length=500, assume_scheme="https", validators=[validate_web_address]),
            delimiter="\n",
            max_length=most,
            required=required,
            widget=forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField"}),
            help_text=f"One address a line, at most {most}.",
        )

    # Any: Django's base class declares a text here, and this field gives a list.
    def to_python(self, value: object) -> Any:
        # An address holds no white space, so what a browser or a curator puts between two of them falls away.
        return super().to_python("\n".join(value.split()) if isinstance(value, str) else value)


LAST_POSITION = 32_767


class KnownChoice(AutocompleteSelect):
    """Names the row that is chosen without asking for it, where it was read along with the form's own."""

    known: Condition | None = None

    def optgroups(
        self, name: str, value: Sequence[str], attr: dict[str, object] | None = None
    ) -> list[tuple[str | None, list[dict[str, object]], int | None]]:
        if self.known is None or list(value) != [str(self.known.pk)]:
            return super().optgroups(name, value, attr)
        return [(None, [self.create_option(name, self.known.pk, str(self.known), True, 0)], 0)]


class FitForm(ModelForm):
    position = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LAST_POSITION,
        help_text="The lowest comes first; of equal numbers, the earlier row. If it is empty, it comes after all others.",
    )
    evidence = LinksField(most=5, required=True, rows=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial.pop("position", None)
        elif "condition" in self.fields:
            # Any: the widget is one of ours within one of Django's.
            chosen: Any = self.fields["condition"].widget
            chosen.widget.known = self.instance.condition


def offer_tools(
    form: forms.BaseForm, name: str, tools: Sequence[Tool], *, nothing: str = "---------"
) -> None:
    """Lets a form's field offer these tools, or `nothing`; what else is sent, the form refuses in its own words."""
    choices = [(str(tool.pk), str(tool)) for tool in tools]
    form.fields[name].widget = forms.Select(choices=[("", nothing), *choices])


class FitFormSet(InlineFormSet):
    def clean(self) -> None:
        """Conditions without a place come after all others, in the order in which they stand."""
        super().clean()
        rows = [form for form in self.forms if form.has_changed() and not form.cleaned_data.get("DELETE")]
        last = max((form.instance.position or 0 for form in self.initial_forms), default=0)
        last = max([last, *(form.cleaned_data.get("position") or 0 for form in rows if form.is_valid())])
        for form in rows:
            if form.is_valid() and form.cleaned_data["position"] is None:
                last = min(last + 1, LAST_POSITION)
                form.instance.position = last


class FitInline(StackedInline):
    """Conditions on the page of what they stand on, in the order that curators give them."""

    form = FitForm
    formset = FitFormSet
    autocomplete_fields = ["condition"]
    extra = 0
    max_num = MAX_FITS
    ordering = ["position", "id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).select_related("condition")

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Model, Model]", request: HttpRequest, **kwargs: object
    ) -> "forms.ModelChoiceField[Model] | None":
        if db_field.name == "condition":
            kwargs["widget"] = KnownChoice(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
