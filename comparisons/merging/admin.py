"""The curators' pages of duplicates: which tools look like one, what a merge would move, and how it is taken back."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from backend.admin.base import NOTHING, Columns, Fields, ReadOnlyAdmin
from backend.admin.errors import CurationError
from backend.api.attribution import attributed
from catalog.models import Tool
from catalog.services import group_releases
from catalog.validators import validate_visible_text
from comparisons.merging.duplicates import all_likenesses, likenesses_of
from comparisons.merging.merging import MergeReport, merge_tools, undo_merge
from comparisons.models import ToolMerge

MAY_MERGE = "comparisons.add_toolmerge"


class MergeForm(forms.Form):
    kept = forms.CharField(
        label="Merge into",
        max_length=255,
        widget=forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false"}),
        help_text="The slug of the tool that stays.",
    )
    why = forms.CharField(
        max_length=1_000,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Kept in the history of both.",
    )

    def clean_kept(self) -> Tool:
        found: Tool | None = Tool.objects.with_slugs([self.cleaned_data["kept"].strip()]).first()
        if found is None:
            raise ValidationError("No tool has this slug.")
        return found


class ReleasesForm(forms.Form):
    """Which tools are releases of which product."""

    product = forms.CharField(max_length=100, validators=[validate_visible_text])
    tools = forms.ModelMultipleChoiceField(Tool.objects.defer("search"))

    def clean_tools(self) -> "QuerySet[Tool]":
        tools: QuerySet[Tool] = self.cleaned_data["tools"]
        if len(tools) < 2:
            raise ValidationError("Releases are at least two tools.")
        return tools

    def clean(self) -> None:
        product = self.cleaned_data.get("product")
        for tool in self.cleaned_data.get("tools", ()):
            if product and tool.product.lower() not in {"", product.lower()}:
                raise ValidationError(
                    f"{tool.name} is a release of {tool.product}: change that on its page first."
                )


@admin.register(ToolMerge)
class ToolMergeAdmin(ReadOnlyAdmin):
    list_display = ["merged_at", "__str__", "why", "merged_by", "undone_at", "undo_link"]
    list_select_related = ["kept_tool"]
    search_fields = ["slug", "kept_tool__slug", "kept_tool__name"]
    search_help_text = "Either tool's slug."
    date_hierarchy = "merged_at"
    ordering = ["-merged_at", "-id"]
    change_list_template = "admin/comparisons/merges.html"
    fields = [
        "kept_tool", "merged_tool", "slug", "aliases", "why", "merged_by", "merged_at",
        "undone_by", "undone_at", "undo_link",
    ]  # fmt: skip
    readonly_fields = ["undo_link"]

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("duplicates/", self.admin_site.admin_view(self.duplicates), name="comparisons_duplicates"),
            path("of/<uuid:tool_id>/", self.admin_site.admin_view(self.merge), name="comparisons_merge"),
            path(
                "<uuid:merge_id>/undo/", self.admin_site.admin_view(self.undo), name="comparisons_undo_merge"
            ),
        ]
        return [*pages, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Columns:
        return [name for name in self.list_display if name != "undo_link" or may_merge(request)]

    def get_fields(self, request: HttpRequest, obj: object = None) -> Fields:
        return [name for name in self.fields if name != "undo_link" or may_merge(request)]

    @admin.display(description="undo")
    def undo_link(self, merge: ToolMerge) -> str:
        if merge.undone_at is not None:
            return NOTHING
        return format_html('<a href="{}">Undo…</a>', reverse("admin:comparisons_undo_merge", args=[merge.pk]))

    def duplicates(self, request: HttpRequest) -> HttpResponse:
        """Each group can be said to be releases of one product; then it is listed no more."""
        _require(request)
        form = ReleasesForm(request.POST or None)
        if request.method == "POST":
            if form.is_valid():
                return self._group(request, form.cleaned_data["tools"], form.cleaned_data["product"])
            for problem in form.errors.values():
                messages.error(request, f"Nothing was changed: {problem[0]}")
        return self._page(
            request, "duplicates", title="Tools that may be the same", likenesses=all_likenesses()
        )

    def _group(self, request: HttpRequest, tools: "QuerySet[Tool]", product: str) -> HttpResponse:
        if not request.user.has_perms(["catalog.change_tool", "catalog.publish_tool"]):
            raise PermissionDenied
        with attributed(source="admin", actor=request.user.get_username(), why=f"Releases of {product}"):
            number = group_releases(tools, product=product, now=timezone.now())
        messages.success(request, f"{number} tools are releases of {product}.")
        return HttpResponseRedirect(request.path)

    def merge(self, request: HttpRequest, tool_id: UUID) -> HttpResponse:
        """Shows what would move once both tools are named, and moves it only when a POST confirms it."""
        _require(request)
        tool = get_object_or_404(Tool, pk=tool_id)
        form = MergeForm(request.POST or None, initial={"kept": request.GET.get("into", "")})
        report: MergeReport | None = None
        kept: Tool | None = None
        if form.is_valid():
            kept = form.cleaned_data["kept"]
            # What is confirmed is what was shown.
            is_dry_run = "confirm" not in request.POST or request.POST.get("shown") != kept.slug
            try:
                report = merge_tools(
                    merged=tool, kept=kept, why=form.cleaned_data["why"],
                    merged_by=request.user.get_username(), now=timezone.now(), is_dry_run=is_dry_run,
                )  # fmt: skip
            except CurationError as refusal:
                form.add_error("kept", f"Not merged: {refusal}.")
            else:
                if not is_dry_run:
                    messages.success(request, f"{tool.name} is merged into {kept.name}.")
                    return HttpResponseRedirect(reverse("admin:comparisons_toolmerge_changelist"))
        return self._page(
            request, "merge", title=f"Merge {tool.name} into another tool", tool=tool, kept=kept, form=form,
            report=report, likenesses=likenesses_of(tool),
        )  # fmt: skip

    def undo(self, request: HttpRequest, merge_id: UUID) -> HttpResponse:
        """Likewise: a GET shows what would go back."""
        _require(request)
        merge = get_object_or_404(ToolMerge.objects.select_related("kept_tool", "merged_tool"), pk=merge_id)
        is_dry_run = request.method != "POST"
        report, refusal = None, ""
        try:
            report = undo_merge(
                merge=merge, undone_by=request.user.get_username(), now=timezone.now(), is_dry_run=is_dry_run
            )
        except CurationError as error:
            refusal = f"Not undone: {error}."
        else:
            if not is_dry_run:
                messages.success(request, f"Undone: {merge}.")
                return HttpResponseRedirect(reverse("admin:comparisons_toolmerge_changelist"))
        return self._page(
            request, "undo_merge", title=f"Undo: {merge}", merge=merge, report=report, refusal=refusal
        )

    def _page(self, request: HttpRequest, name: str, **context: object) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/comparisons/{name}.html", shared)


def may_merge(request: HttpRequest) -> bool:
    return request.user.has_perm(MAY_MERGE)


def _require(request: HttpRequest) -> None:
    if not may_merge(request):
        raise PermissionDenied


def merge_page(tool: Tool) -> str:
    return reverse("admin:comparisons_merge", args=[tool.pk])
