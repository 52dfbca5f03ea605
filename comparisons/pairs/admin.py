"""The curators' page for comparisons: which two tools stand side by side, and what an editor adds to them."""

from collections import Counter
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from backend.admin.actions import row_action
from backend.admin.base import STAMPS
from backend.admin.bulk_pages import bulk_action
from backend.admin.links import link_to_preview
from backend.admin.publishing import DatedForm, MomentFilter, PublishedAdmin, publish_action
from catalog.admin import FitFormSet, FitInline, offer_tools
from catalog.bulk import Archive, Unschedule
from catalog.models import MAX_FITS, Category, Condition, Tool
from catalog.services import hand_in
from catalog.workflow import ITEM_MOVES, UNPUBLISHED
from comparisons.models import Comparison, Outcome, PairFit, pair_slug
from comparisons.pairs.pair import pair_from_counts
from comparisons.pairs.selectors import with_counts
from comparisons.pairs.services import missing_of_pair, publish
from comparisons.querysets import ComparisonQuerySet
from comparisons.verdict import decide
from reviews.models import HeadToHead, Review, Reviewer


class ArchivePairs(Archive):
    consequence = "Archived pairs leave the lists of readers at once. The history keeps their verdicts."
    undo_consequence = (
        "Pairs that are published again are back in the lists of readers, with their first date."
    )


class ComparisonForm(DatedForm):
    class Meta:
        help_texts = {
            "second_tool": "In either order: the pair is kept in the order of its slugs.",
            "published_at": "The date readers see. Empty: the moment of publication. In the future: hidden until then.",
        }

    def find_missing(self) -> list[str]:
        pair = self.instance
        return missing_of_pair(pair) if pair.first_tool_id and pair.second_tool_id else []

    def clean(self) -> None:
        super().clean()
        given = self.cleaned_data
        if not {"first_tool", "second_tool"} <= given.keys():
            return
        pair = (given["first_tool"], given["second_tool"])
        if pair[0] == pair[1]:
            self.add_error("second_tool", "A comparison needs two different tools.")
        elif twin := self.find_twin(*pair):
            page = reverse("admin:comparisons_comparison_change", args=[twin.pk])
            self.add_error(
                "second_tool", format_html('This pair exists already: <a href="{}">{}</a>.', page, twin)
            )
        elif namesake := self.find_namesake(*pair):
            self.add_error(
                "second_tool", f"{namesake} leads to another pair already: rename one of the tools first."
            )
        elif given.get("status") == Comparison.Status.PUBLISHED:
            for tool in [tool for tool in pair if tool.status in UNPUBLISHED]:
                self.add_error("status", f"{tool.name} is not published yet: publish the tool first.")

    def find_twin(self, first: Tool, second: Tool) -> Comparison | None:
        in_either_order = Q(first_tool=first, second_tool=second) | Q(first_tool=second, second_tool=first)
        pairs = Comparison.objects.select_related("first_tool", "second_tool")
        return pairs.filter(in_either_order).exclude(pk=self.instance.pk).first()

    def find_namesake(self, first: Tool, second: Tool) -> str | None:
        """The pair's slug, where another pair has it."""
        slug = pair_slug(first.slug, second.slug)
        return (
            slug if Comparison.objects.filter(pair_slug=slug).exclude(pk=self.instance.pk).exists() else None
        )


class PairFitFormSet(FitFormSet):
    def add_fields(self, form: forms.BaseForm, index: int | None) -> None:
        """A pair that is stored offers its two tools alone; which others are refused, `clean` says by name."""
        super().add_fields(form, index)
        pair: Comparison = self.instance
        if not pair._state.adding:
            offer_tools(form, "tool", (pair.first_tool, pair.second_tool))

    def clean(self) -> None:
        """Each condition is of one of the two tools that the form above names, not of both, and none has too many."""
        super().clean()
        pair = {self.instance.first_tool_id, self.instance.second_tool_id}
        counts = Counter[Tool]()
        tools: dict[Condition, Tool] = {}
        for form in self.forms:
            given = getattr(form, "cleaned_data", {})
            tool = given.get("tool")
            if tool is None or given.get("DELETE"):
                continue
            counts[tool] += 1
            if tool.pk not in pair:
                form.add_error("tool", f"{tool.name} is not one of the two tools.")
            elif counts[tool] > MAX_FITS:
                form.add_error("tool", f"A tool has at most {MAX_FITS} conditions.")
            elif (condition := given.get("condition")) and tools.setdefault(condition, tool) != tool:
                message = f"{tools[condition].name} has it too: a condition that both fit does not decide between them."
                form.add_error("condition", message)


class PairFitInline(FitInline):
    model = PairFit
    formset = PairFitFormSet
    max_num = 2 * MAX_FITS
    autocomplete_fields = ["tool", "condition"]
    fields = [("tool", "condition", "position"), "note", "evidence", "checked_on"]


class OutcomeFilter(admin.SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(Outcome.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(outcome=self.value()) if self.value() else queryset


class GuidanceFilter(admin.SimpleListFilter):
    title = "conditions"
    parameter_name = "guidance"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("none", "None, of the pair or its tools")]

    # Any: Django hands filters a queryset of any model.
    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Comparison]:
        rows: QuerySet[Comparison] = queryset.without_guidance() if self.value() == "none" else queryset
        return rows


class CategoryFilter(admin.SimpleListFilter):
    """Pairs of which at least one tool is in the category."""

    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(Category.objects.order_by("name", "id").values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Comparison]:
        rows: QuerySet[Comparison] = queryset.in_categories([self.value()]) if self.value() else queryset
        return rows


@admin.register(Comparison)
class ComparisonAdmin(PublishedAdmin):
    form = ComparisonForm
    moves = ITEM_MOVES
    inlines = [PairFitInline]
    list_display = ["pair", "verdict", "status", "published_at"]
    list_filter = ["status", MomentFilter, OutcomeFilter, GuidanceFilter, CategoryFilter]
    search_fields = [
        "title", "first_tool__name", "first_tool__slug", "second_tool__name", "second_tool__slug",
    ]  # fmt: skip
    search_help_text = "Title, or either tool's name or slug."
    search_place = 2
    date_hierarchy = "published_at"
    ordering = ["-updated_at", "-id"]
    autocomplete_fields = ["first_tool", "second_tool"]
    readonly_fields = [*STAMPS, "page", "verdict", "panel"]
    at_a_glance = ["page", "verdict", "panel"]
    actions = ["hand_in", "publish", "archive", "unschedule"]
    fields = [
        ("first_tool", "second_tool"), "title", "editor_note", "source_url", "status", "published_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> ComparisonQuerySet:
        pairs = with_counts(Comparison.objects.with_outcome())
        return pairs.order_by(*self.get_ordering(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Comparison | None = None) -> list[str]:
        was_public = obj is not None and obj.public_at is not None and obj.public_at <= timezone.now()
        stays = ["first_tool", "second_tool"] if was_public else []
        return [*super().get_readonly_fields(request, obj), *stays]

    def save_model(self, request: HttpRequest, obj: Comparison, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        # The database may have turned the pair round.
        obj.refresh_from_db(fields=["first_tool", "second_tool"])

    @admin.display(description="comparison")
    def pair(self, comparison: Comparison) -> str:
        return comparison.title or f"{comparison.first_tool.name} vs {comparison.second_tool.name}"

    @admin.display(ordering="outcome")
    def verdict(self, comparison: Comparison) -> str:
        return outcome_in_words(comparison)

    @admin.display
    def page(self, comparison: Comparison) -> str:
        return link_to_preview(
            reverse("admin:comparisons_preview", args=["comparison", comparison.pk]),
            public_at=comparison.public_at,
        )

    @admin.display
    def panel(self, comparison: Comparison) -> str:
        """What each active reviewer says of either tool, and of the pair: three links a reviewer, to what is there, else to
        what is written and not yet public, else to a form for what is missing."""
        first, second = comparison.first_tool, comparison.second_tool
        reviews = {
            (review.reviewer_id, review.tool_id): review
            for review in Review.objects.filter(tool__in=[first, second]).nearest_to_readers_last()
        }
        answers = {
            answer.reviewer_id: answer
            for answer in HeadToHead.objects.filter(
                first_tool__in=[first, second], second_tool__in=[first, second]
            )
            .nearest_to_readers_last()
            .select_related("choice")
        }
        rows = [
            (
                reviewer.name,
                *(
                    _review_link(reviewer, tool, reviews.get((reviewer.pk, tool.pk)))
                    for tool in (first, second)
                ),
                _answer_link(reviewer, (first, second), answers.get(reviewer.pk)),
            )
            for reviewer in Reviewer.objects.filter(is_active=True).in_roster_order()
        ]
        return format_html(
            "<table><tr><th></th><th>{}</th><th>{}</th><th>Head to head</th></tr>{}</table>",
            first.name,
            second.name,
            format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        )

    hand_in = row_action(hand_in, description="Hand in for review", done="handed in for review")
    publish = publish_action(publish, reads=["fits"])
    archive = bulk_action(
        ArchivePairs(Comparison, named_with=["first_tool", "second_tool"]), permission="publish"
    )
    unschedule = bulk_action(
        Unschedule(Comparison, named_with=["first_tool", "second_tool"]), permission="publish"
    )


def outcome_in_words(comparison: Comparison) -> str:
    """Who wins a pair that was read with its counts, and by what: no query."""
    verdict = decide(pair_from_counts(comparison))
    if not verdict.winner:
        return verdict.outcome.capitalize()
    names = {tool.slug: tool.name for tool in (comparison.first_tool, comparison.second_tool)}
    by = str(verdict.decided_by).replace("_", " ")
    return f"{names[verdict.winner]} wins ({verdict.strength}, by {by})"


def _review_link(reviewer: Reviewer, tool: Tool, review: Review | None) -> str:
    if review:
        return _link("review_change", _with_status(review.get_verdict_display(), review), args=[review.pk])
    return _link("review_add", "add", query={"reviewer": reviewer.pk, "tool": tool.pk})


def _answer_link(reviewer: Reviewer, pair: tuple[Tool, Tool], answer: HeadToHead | None) -> str:
    if answer:
        return _link("headtohead_change", _with_status(str(answer.chosen), answer), args=[answer.pk])
    query = {"reviewer": reviewer.pk, "first_tool": pair[0].pk, "second_tool": pair[1].pk}
    return _link("headtohead_add", "add", query=query)


def _with_status(said: str, row: Review | HeadToHead) -> str:
    """What readers don't see yet says so."""
    return said if row.status == Review.Status.PUBLISHED else f"{said} ({row.get_status_display().lower()})"


def _link(
    page: str, text: str, *, args: list[UUID] | None = None, query: dict[str, UUID] | None = None
) -> str:
    address = reverse(f"admin:reviews_{page}", args=args, query=query)
    return format_html('<a href="{}">{}</a>', address, text)
