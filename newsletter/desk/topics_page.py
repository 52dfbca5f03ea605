"""The curators' page for categories: who deletes one says what its followers get in its place."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone

from catalog.admin import CategoryAdmin
from catalog.models import Category
from newsletter.readers.topics import followers_of, move_followers


class FollowersForm(forms.Form):
    """What the followers of a deleted topic get in its place."""

    instead: "forms.ModelChoiceField[Category]" = forms.ModelChoiceField(
        Category.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="Nothing in its place",
        label="They get",
    )

    def __init__(self, data: QueryDict | None, *, category: Category) -> None:
        super().__init__(data)
        others = Category.objects.exclude(pk=category.pk).order_by("name", "id")
        self.fields["instead"].queryset = others  # type: ignore[attr-defined]


class TopicAdmin(CategoryAdmin):
    """Categories, which readers follow as topics."""

    delete_confirmation_template = "admin/newsletter/delete_topic.html"

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        if not self.has_delete_permission(request):
            raise PermissionDenied
        category = get_object_or_404(Category, pk=object_id)
        form = FollowersForm(request.POST or None, category=category)
        if request.method == "POST" and not ("instead" in request.POST and form.is_valid()):
            messages.error(request, "Nothing was deleted: say what its followers get in its place.")
            return HttpResponseRedirect(request.path)
        context = {"followers": followers_of(category), "form": form, **(extra_context or {})}
        return super().delete_view(request, object_id, context)

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        form = FollowersForm(request.POST, category=obj)
        if form.is_valid() and form.cleaned_data["instead"]:
            move_followers(category=obj, to=form.cleaned_data["instead"], now=timezone.now())
        super().delete_model(request, obj)
