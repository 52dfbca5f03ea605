"""One screen for a tool's panel: what all reviewers say of it, in one form, and what is said of its pairs."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from backend.admin.base import Fieldsets, PageContext, ReadOnlyAdmin, RecordedAdmin
from backend.admin.drafts import tell_saved
from backend.admin.inlines import DjangoInline, InlineFormSet
from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from comparisons.models import Comparison
from comparisons.pairs.admin import outcome_in_words
from comparisons.pairs.selectors import with_counts
from reviews.models import HeadToHead, Panel, Review
from reviews.panel import PanelCount
from reviews.panel_rows import Editor, PanelFormSet, RowsInline, without_review
from votes.moderation.watching import watch_page

# Of a tool's pairs so many are shown, the latest; its list has all.
MOST_PAIRS = 20
CALLS = {"ship": "Ship", "mixed": "Mixed", "skip": "Skip", "unreviewed": "Not reviewed"}


class RowsRefusedError(Exception):
    """Rows that were to be published and are not; `reasons` by the prefix of their forms. Nothing is saved then."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


@dataclass
class ToolPair:
    """One pair of the tool, as the page shows it."""

    other: Tool
    comparison: Comparison | None = None
    answers: list[HeadToHead] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        return outcome_in_words(self.comparison) if self.comparison else "Nobody paired them"


class PanelRows(RowsInline):
    """The rows for one request: who asks, and for which tool."""

    # Any: what Django hands over, and may be None elsewhere.
    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: object) -> type[InlineFormSet]:
        editor = editor_of(request, obj, self.admin_site)
        kwargs = {"extra": len(editor.missing), **kwargs}
        formset = super().get_formset(request, obj, **kwargs)
        return type(formset.__name__, (formset,), {"editor": editor})


# Any: of the site's pages one has more than Django's.
def editor_of(request: HttpRequest, tool: Tool, site: Any) -> Editor:
    """Read once for a request, which may make the form twice."""
    name = f"panel_editor_{tool.pk}"
    if not hasattr(request, name):
        reviews = site.get_model_admin(Review)
        editor = Editor(
            missing=without_review(Review.objects.filter(tool=tool)),
            may_change=lambda review: reviews.has_change_permission(request, review),
            may_publish=reviews.has_publish_permission(request),
        )
        setattr(request, name, editor)
    found: Editor = getattr(request, name)
    return replace(found, refusals=getattr(request, "refused_rows", {}))


@admin.register(Panel)
class PanelAdmin(ReadOnlyAdmin):
    """The counts of all tools; each leads to what it counts."""

    list_display = ["tool", "ship", "skip", "total", "percent", "call", "reviews"]
    list_filter = ["call", "tool__category"]
    list_select_related = ["tool"]
    search_fields = ["tool__name", "tool__slug"]
    ordering = ["tool__name", "pk"]
    readonly_fields = ["total", "percent", "call", "reviews"]

    def get_urls(self) -> list[URLPattern]:
        page = PanelPage(Tool, self.admin_site)
        pages = [("rows", page.panel_view), ("if-saved", page.if_saved_view)]
        own = [
            path(
                f"<uuid:tool_id>/{name}/", self.admin_site.admin_view(view),
                name=f"reviews_panel_{name.replace('-', '_')}",
            )
            for name, view in pages
        ]  # fmt: skip
        return [*own, *super().get_urls()]

    @admin.display
    def reviews(self, panel: Panel) -> str:
        return format_html('<a href="{}">All reviews on one page</a>', panel_page(panel.pk))


class PanelPage(RecordedAdmin):
    """One form with the reviews of a tool, beside the tool's own page: it has the tool's lock and none of its fields."""

    inlines = [PanelRows]
    readonly_fields = list[str]()
    change_form_template = "admin/comparisons/panel.html"

    def get_queryset(self, request: HttpRequest) -> ToolQuerySet:
        tools: ToolQuerySet = Tool.objects.select_related("panel").defer("search")
        return tools

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perms(["catalog.view_tool", "reviews.view_review"])

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return self.has_view_permission(request) and any(
            request.user.has_perm(f"reviews.{right}_review") for right in ("add", "change")
        )

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: object = None) -> Fieldsets:
        return [(None, {"fields": ["why"] if self.has_change_permission(request) else []})]

    def panel_view(self, request: HttpRequest, tool_id: object) -> HttpResponse:
        try:
            return self.changeform_view(request, str(tool_id))
        except RowsRefusedError as refused:
            # What was saved is rolled back; the same form again, with a sentence beside each row.
            request.refused_rows = refused.reasons  # type: ignore[attr-defined]
            return self.changeform_view(request, str(tool_id))

    def if_saved_view(self, request: HttpRequest, tool_id: object) -> HttpResponse:
        """What the panel becomes if the form that is sent along is saved; it saves nothing."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        tool = get_object_or_404(Tool, pk=tool_id)
        [(made, inline)] = self.get_formsets_with_inlines(request, tool)
        rows = made(**self.get_formset_kwargs(request, tool, inline, made.get_default_prefix()))
        return JsonResponse({"words": in_words(rows.count_if_saved())})

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Tool, inline: DjangoInline, prefix: str
    ) -> dict[str, object]:
        empty = [
            {"reviewer": pk, "reviewed_on": timezone.localdate()}
            for pk in editor_of(request, obj, self.admin_site).missing
        ]
        return {**super().get_formset_kwargs(request, obj, inline, prefix), "initial": empty}

    def save_model(self, request: HttpRequest, *args: object) -> None:
        """The tool itself has no field here."""

    def save_formset(self, request: HttpRequest, form: BaseForm, formset: PanelFormSet, change: bool) -> None:
        actor, why = request.user.get_username(), form.cleaned_data["why"]
        rows, refusals = formset.save_rows(actor=actor, why=why, now=timezone.now())
        if refusals:
            raise RowsRefusedError(refusals)
        published = sum(bool(row.cleaned_data.get("publish")) for row in rows)
        if rows:
            request.saved_rows = f"Saved {len(rows)}, published {published}."  # type: ignore[attr-defined]
        for row in rows:
            reason = row.cleaned_data.get("why") or why
            said = f"{'Added' if row.is_new else 'Changed'} on the page of the tool's panel. {reason}".strip()
            if row.cleaned_data.get("publish"):
                said = f"Published. {said}"
            log = self.log_addition if row.is_new else self.log_change
            log(request, row.instance, said)

    def log_change(self, request: HttpRequest, obj: Model, message: object) -> Any:
        """Each review has its line; of the tool nothing was changed. Any: for Django there is always a line."""
        return None if isinstance(obj, Tool) else super().log_change(request, obj, message)

    def response_change(self, request: HttpRequest, obj: object) -> HttpResponse:
        """The page again, as it is saved."""
        messages.success(request, getattr(request, "saved_rows", "Nothing was changed."))
        return tell_saved(request, HttpResponseRedirect(request.path))

    def fill_form_page(self, request: HttpRequest, context: PageContext) -> None:
        tool = context["original"]
        [rows] = context["inline_admin_formsets"]
        now = in_words(tool.panel.count)
        context |= {
            "title": "Panel",
            "panel_now": now,
            "panel_if_saved": in_words(rows.formset.count_if_saved()) if rows.formset.is_bound else now,
            "pairs": pairs_of_tool(tool),
            "most_pairs": MOST_PAIRS,
            "links": list(links_of(request, tool)),
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
            "show_close": False,
        }


def panel_page(tool_id: UUID) -> str:
    return reverse("admin:reviews_panel_rows", args=[tool_id])


def in_words(count: PanelCount) -> str:
    if not count.total:
        return "no published review"
    return f"{count.ship} of {count.total} ship, {count.percent} %: {CALLS[count.call]}"


def pairs_of_tool(tool: Tool) -> list[ToolPair]:
    """Its pairs, the latest first, and pairs that reviewers answered though nobody paired them: two queries."""
    pairs: dict[object, ToolPair] = {}
    comparisons = with_counts(Comparison.objects.all()).of_tools([tool.pk])
    for row in comparisons.order_by("-updated_at", "-id")[:MOST_PAIRS]:
        other = row.second_tool if row.first_tool_id == tool.pk else row.first_tool
        pairs[other.pk] = ToolPair(other, row)
    answers = HeadToHead.objects.with_all_named().of_tools([tool.pk]).exclude(status="retracted")
    for answer in answers.in_roster_order():
        other = answer.second_tool if answer.first_tool_id == tool.pk else answer.first_tool
        if other.pk in pairs or len(pairs) < MOST_PAIRS:
            pairs.setdefault(other.pk, ToolPair(other)).answers.append(answer)
    return list(pairs.values())


def links_of(request: HttpRequest, tool: Tool) -> Iterator[tuple[str, str]]:
    """To what else there is of the tool, as far as the curator may see it: words and address."""
    yield "The tool’s own page", reverse("admin:catalog_tool_change", args=[tool.pk])
    by_slug: dict[str, object] = {"q": tool.slug}
    of_tool: dict[str, object] = {"tool__id__exact": tool.pk}
    lists = [
        ("reviews_review", "Its reviews as a list", of_tool),
        ("comparisons_comparison", "Its pairs", by_slug),
        ("reviews_headtohead", "Its head-to-heads", by_slug),
        ("comparisons_verdictchange", "Verdicts over time", by_slug),
        ("votes_vote", "Votes", by_slug),
    ]
    for name, words, query in lists:
        app, model = name.split("_")
        if request.user.has_perm(f"{app}.view_{model}"):
            yield words, reverse(f"admin:{name}_changelist", query=query)
    if request.user.has_perm("votes.moderate_vote"):
        yield "Votes over time", watch_page(tool.pk)
    yield "History of the tool", reverse("admin:catalog_tool_history", args=[tool.pk])
