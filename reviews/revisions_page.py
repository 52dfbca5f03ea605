"""The admin's page of all that a review or a head-to-head has said in public: what changed, why, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import Truncator

from backend.admin.base import NOTHING
from backend.admin.errors import CurationError
from backend.admin.publishing import PublishedAdmin
from backend.api.attribution import attributed
from catalog.validators import validate_visible_text
from catalog.workflow import OPINION_MOVES
from reviews.models import HeadToHead, Review
from reviews.opinion_search import search_opinions
from reviews.revisions import NEEDS_NOTE, OPINION_FIELDS, Revision, former, other_drafts, present, restore


@dataclass(frozen=True, slots=True)
class Line:
    """One column of a text, as it was before and as the revision has it."""

    label: str
    before: object
    value: object


@dataclass(frozen=True, slots=True)
class Step:
    """One revision beside the one before it."""

    revision: Revision
    is_first: bool
    lines: list[Line]


class RestoreForm(forms.Form):
    number = forms.IntegerField(min_value=1)
    seen = forms.IntegerField(min_value=1)
    note = forms.CharField(max_length=500, validators=[validate_visible_text])


class RevisionsAdmin(PublishedAdmin):
    """Pages of what is corrected in the open: they ask for a note, and lead to all revisions."""

    moves = OPINION_MOVES
    # The columns of the tools that it is about.
    of_tools: Sequence[str]
    # What the box is there for; `search_opinions` looks for no other columns.
    search_fields = ("pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        return search_opinions(queryset, search_term, model=self.model, of_tools=self.of_tools), False

    def asked_of(self, obj: Review | HeadToHead) -> list[str]:
        return ["note", *super().asked_of(obj)] if obj.was_public else super().asked_of(obj)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.revisions_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_revisions"
        return [path("<uuid:object_id>/revisions/", page, name=name), *super().get_urls()]

    @admin.display(description="other drafts")
    def twins(self, opinion: Review | HeadToHead) -> str:
        """Drafts by the same reviewer on the same, with what they say: only one of them is meant."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        rows = [
            (reverse(name, args=[each.pk]), f"{each.created_at:%Y-%m-%d %H:%M}", beginning_of(each.quote))
            for each in other_drafts(opinion)
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a> {}', rows) or NOTHING

    def revisions(self, opinion: Review | HeadToHead) -> str:
        if not opinion.was_public:
            return "None that readers have seen."
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_revisions", args=[opinion.pk])
        return format_html(
            '{} · <a href="{}">All texts, what changed, and the way back</a>', opinion.revision, address
        )

    def revisions_view(self, request: HttpRequest, object_id: object) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        opinion: Review | HeadToHead | None = self.get_object(request, str(object_id))
        if opinion is None:
            messages.warning(request, f"No {self.opts.verbose_name} has the ID {object_id}.")
            return HttpResponseRedirect(reverse("admin:index"))
        may_restore = self.may_restore(request, opinion)
        if request.method == "POST":
            if not may_restore:
                raise PermissionDenied
            return self._restore(request, opinion)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Revisions: {opinion}",
            "opts": self.opts,
            "original": opinion,
            "steps": steps_of(opinion),
            "may_restore": may_restore and opinion.status == opinion.Status.PUBLISHED,
        }
        return TemplateResponse(request, "admin/reviews/revisions.html", context)

    def may_restore(self, request: HttpRequest, opinion: Review | HeadToHead) -> bool:
        return self.has_publish_permission(request) and self.has_change_permission(request, opinion)

    def _restore(self, request: HttpRequest, opinion: Review | HeadToHead) -> HttpResponse:
        form = RestoreForm(request.POST)
        if not form.is_valid():
            reasons = " ".join(str(message) for found in form.errors.values() for message in found)
            messages.error(request, f"Nothing was restored: {reasons}")
            return HttpResponseRedirect(request.path)
        number, user = form.cleaned_data["number"], request.user.get_username()
        done = f"Restored revision {number}."
        try:
            with attributed(source="admin", actor=user, why=done, note=form.cleaned_data["note"]):
                restore(opinion, number=number, seen=form.cleaned_data["seen"])
        except CurationError as refusal:
            messages.error(request, f"Nothing was restored: {refusal}.")
        else:
            self.log_change(request, opinion, done)
            messages.success(request, done)
        return HttpResponseRedirect(request.path)


def beginning_of(quote: str) -> str:
    """What lists show of it."""
    return Truncator(" ".join(quote.split())).chars(80) or NOTHING


def steps_of(opinion: Review | HeadToHead) -> list[Step]:
    """Each revision beside the one before it, the latest first: one query."""
    texts: list[Revision] = list(former(opinion).order_by("number"))
    if opinion.was_public and opinion.status == opinion.Status.PUBLISHED:
        texts.append(present(opinion))
    steps = [_step(opinion, earlier, text) for earlier, text in zip([None, *texts[:-1]], texts, strict=True)]
    return steps[::-1]


def _step(opinion: Review | HeadToHead, earlier: Revision | None, text: Revision) -> Step:
    """What was said first whole; later the verdict or choice, the quote, and what else was changed."""
    lines = []
    for place, name in enumerate(OPINION_FIELDS[type(opinion)]):
        if earlier and place >= NEEDS_NOTE and getattr(earlier, name) == getattr(text, name):
            continue
        label = str(opinion._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]
        before = getattr(earlier, name) if earlier else None
        lines.append(Line(label, before, getattr(text, name)))
    return Step(text, earlier is None, lines)
