"""The curators' pages for reviewers, their reviews and head-to-heads."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from backend.admin.actions import row_action
from backend.admin.base import STAMPS, RecordedAdmin
from backend.admin.bulk_pages import bulk_action
from backend.admin.links import link_to_preview
from backend.admin.publishing import PublishedForm, publish_action
from catalog.admin import LinksField, offer_tools
from catalog.models import Tool
from catalog.pairs import by_id
from catalog.services import hand_in
from catalog.validators import validate_visible_text
from catalog.workflow import UNPUBLISHED
from reviews import services
from reviews.bulk import Retract, Unpublish
from reviews.models import HeadToHead, Review, Reviewer
from reviews.querysets import REVIEW_DAYS, HeadToHeadQuerySet, ReviewerQuerySet, ReviewQuerySet
from reviews.revisions import NEEDS_NOTE, OPINION_FIELDS, last_seen
from reviews.revisions_page import RevisionsAdmin, beginning_of


@admin.register(Reviewer)
class ReviewerAdmin(RecordedAdmin):
    list_display = ["name", "slug", "kind", "lens", "position", "is_active", "ships", "skips"]
    list_filter = ["is_active", "kind"]
    search_fields = ["name", "slug", "lens"]
    search_place = 6
    ordering = ["position", "id"]
    fields = ["name", "slug", "kind", "lens", "motto", "position", "is_active"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> ReviewerQuerySet:
        return Reviewer.objects.with_record().order_by(*self.get_ordering(request))

    @admin.display(ordering="ship_count")
    # Any, here and below: the row has the queryset's annotations.
    def ships(self, reviewer: Any) -> int:
        return int(reviewer.ship_count)

    @admin.display(ordering="skip_count")
    def skips(self, reviewer: Any) -> int:
        return int(reviewer.skip_count)


class OpinionForm(PublishedForm):
    evidence = LinksField(most=20)
    note = forms.CharField(
        label="Note of a correction",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        validators=[validate_visible_text],
        help_text="One sentence for readers about the correction. Needed if the verdict, choice or quote changes.",
    )

    def clean(self) -> None:
        super().clean()
        if self.needs_note() and not self.cleaned_data.get("note", "refused"):
            self.add_error("note", "Readers saw this: say in a sentence what you correct.")
        given = self.cleaned_data
        # Who may not publish has no field for the status.
        status = given.get("status", self.instance.status)
        if status not in UNPUBLISHED and not given.get("basis", "refused"):
            self.add_error("basis", "Only a draft can do without.")

    def find_missing(self) -> list[str]:
        return services.missing(self.instance) if self.instance.reviewer_id else []

    def needs_note(self) -> bool:
        """Whether readers will see another verdict, choice or quote than they saw last."""
        given = self.cleaned_data
        if (
            self.instance._state.adding
            or given.get("status", self.instance.status) != Review.Status.PUBLISHED
        ):
            return False
        seen = last_seen(self.instance)
        names = OPINION_FIELDS[type(self.instance)][:NEEDS_NOTE]
        return seen is not None and any(given[name] != getattr(seen, name) for name in names if name in given)


class ReviewForm(OpinionForm):
    def clean(self) -> None:
        super().clean()
        given = self.cleaned_data
        if given.get("status") != Review.Status.PUBLISHED or not {"reviewer", "tool"} <= given.keys():
            return
        live = Review.objects.filter(
            reviewer=given["reviewer"], tool=given["tool"], status=Review.Status.PUBLISHED
        ).exclude(pk=self.instance.pk)
        if live.exists():
            self.add_error(
                "reviewer", "This reviewer has a live review of the tool already: correct or retract it."
            )


class AgeFilter(admin.SimpleListFilter):
    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("due", f"Reviewed {REVIEW_DAYS} days ago, or earlier")]

    # Any: Django hands filters a queryset of any model.
    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Review]:
        rows: QuerySet[Review] = queryset
        if self.value() == "due":
            rows = queryset.due(today=timezone.now().date())
        return rows


@admin.register(Review)
class ReviewAdmin(RevisionsAdmin):
    form = ReviewForm
    list_display = [
        "reviewer", "tool", "verdict", "beginning", "basis", "status", "reviewed_on", "revision", "updated_at",
    ]  # fmt: skip
    list_filter = ["status", AgeFilter, "verdict", "basis", "reviewer", "tool__category"]
    linked_lookups = ["tool__id__exact"]
    of_tools = ["tool"]
    search_help_text = "Tool, reviewer or words of the quote."
    search_place = 3
    date_hierarchy = "reviewed_on"
    ordering = ["-updated_at", "-id"]
    autocomplete_fields = ["reviewer", "tool"]
    readonly_fields = [*STAMPS, "revisions", "page", "twins"]
    at_a_glance = ["page", "revisions", "twins"]
    actions = ["hand_in", "publish", "retract", "unschedule"]
    fields = [
        "reviewer",
        "tool",
        "verdict",
        "quote",
        "basis",
        "disclosure",
        "evidence",
        "reviewed_on",
        "status",
    ]

    def get_queryset(self, request: HttpRequest) -> ReviewQuerySet:
        return Review.objects.select_related("reviewer", "tool").order_by(*self.get_ordering(request))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"reviewed_on": timezone.localdate(), **super().get_changeform_initial_data(request)}

    @admin.display(description="quote")
    def beginning(self, review: Review) -> str:
        return beginning_of(review.quote)

    @admin.display
    def page(self, review: Review) -> str:
        public_at = review.published_at if review.status == Review.Status.PUBLISHED else None
        return link_to_preview(
            reverse("admin:comparisons_preview", args=["review", review.pk]), public_at=public_at
        )

    hand_in = row_action(hand_in, description="Hand in for review", done="handed in for review")
    publish = publish_action(services.publish, reads=[])
    retract = bulk_action(Retract(Review, about=["tool"]), permission="publish")
    unschedule = bulk_action(Unpublish(Review, about=["tool"]), permission="publish")


NO_DIFFERENCE = "No difference"
EITHER = {"first_tool": "The first tool", "second_tool": "The second tool"}


class HeadToHeadForm(OpinionForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "choice" not in self.fields:
            return
        # A stored one stays with its pair.
        if not self.instance._state.adding:
            offer_tools(self, "choice", self.instance.tools, nothing=NO_DIFFERENCE)
            return
        # Before the pair is known, either of the two that will stand above.
        self.fields["choice"].widget = forms.Select(choices=[("", NO_DIFFERENCE), *EITHER.items()])
        # Any: what was sent, or a test's dict.
        sent: Any = self.data
        if (either := sent.get("choice")) in EITHER:
            self.data = sent = sent.copy()
            sent["choice"] = sent.get(either, "")
        given = self.data if self.is_bound else self.initial
        ids = [_id_in(given.get(name)) for name in EITHER]
        if pair := Tool.objects.in_bulk([pk for pk in ids if pk]):
            offer_tools(
                self, "choice", [pair[pk] for pk in dict.fromkeys(ids) if pk in pair], nothing=NO_DIFFERENCE
            )

    def clean(self) -> None:
        super().clean()
        # On a page of its own the reviewer and the pair stay, and are no fields.
        reviewer, first, second = (
            self.cleaned_data.get(name) or getattr(self.instance, name, None)
            for name in ("reviewer", "first_tool", "second_tool")
        )
        if reviewer is None or first is None or second is None:
            return
        pair = (first, second)
        published = HeadToHead.Status.PUBLISHED
        is_new = self.instance._state.adding or (
            self.initial.get("status") != published and self.cleaned_data.get("status") == published
        )
        if is_new and not reviewer.is_active:
            message = f"{reviewer.name} is not active and answers no more pairs."
            self.add_error("reviewer" if "reviewer" in self.fields else None, message)
        if pair[0] == pair[1]:
            self.add_error("second_tool", "A head-to-head needs two different tools.")
        elif self.cleaned_data.get("choice") not in (None, *pair):
            self.add_error(
                "choice", f"Choose {pair[0].name} or {pair[1].name}, or nothing for no difference."
            )
        elif self.cleaned_data.get("status") == published and self.find_live(reviewer, pair):
            message = "This reviewer has a live head-to-head on the pair already: correct or retract it."
            self.add_error("reviewer" if "reviewer" in self.fields else None, message)

    def find_live(self, reviewer: Reviewer, pair: tuple[Tool, Tool]) -> bool:
        first, second = by_id(*pair)
        live = HeadToHead.objects.filter(reviewer=reviewer, first_tool=first, second_tool=second)
        return live.filter(status=HeadToHead.Status.PUBLISHED).exclude(pk=self.instance.pk).exists()


@admin.register(HeadToHead)
class HeadToHeadAdmin(RevisionsAdmin):
    form = HeadToHeadForm
    list_display = [
        "reviewer", "pair", "chosen", "beginning", "basis", "status", "compared_on", "revision", "updated_at",
    ]  # fmt: skip
    list_filter = ["status", "basis", "reviewer"]
    of_tools = ["first_tool", "second_tool"]
    search_help_text = "Either tool, reviewer or words of the quote."
    search_place = 4
    date_hierarchy = "compared_on"
    ordering = ["-updated_at", "-id"]
    autocomplete_fields = ["reviewer", "first_tool", "second_tool"]
    readonly_fields = [*STAMPS, "revisions", "their_reviews", "twins"]
    at_a_glance = ["their_reviews", "revisions", "twins"]
    actions = ["hand_in", "publish", "retract", "unschedule"]
    fields = [
        "reviewer", ("first_tool", "second_tool"), "choice", "quote", "basis", "disclosure", "evidence",
        "compared_on", "status",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> HeadToHeadQuerySet:
        return HeadToHead.objects.with_all_named().order_by(*self.get_ordering(request))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"compared_on": timezone.localdate(), **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: HeadToHead | None = None) -> list[str]:
        stays = ["reviewer", "first_tool", "second_tool"] if obj else []
        return [*super().get_readonly_fields(request, obj), *stays]

    @admin.display
    def pair(self, answer: HeadToHead) -> str:
        return " vs ".join(tool.name for tool in answer.tools)

    @admin.display
    def chosen(self, answer: HeadToHead) -> str:
        return answer.chosen

    @admin.display(description="quote")
    def beginning(self, answer: HeadToHead) -> str:
        return beginning_of(answer.quote)

    @admin.display
    def their_reviews(self, answer: HeadToHead) -> str:
        """What the reviewer says of each tool by itself."""
        reviews = Review.objects.filter(
            reviewer=answer.reviewer_id, tool__in=answer.tools, status=Review.Status.PUBLISHED
        )
        by_tool = {review.tool_id: review for review in reviews}
        return format_html_join(
            mark_safe("<br>"),
            "{}: {}",
            ((tool.name, _linked(by_tool.get(tool.pk))) for tool in answer.tools),
        )

    hand_in = row_action(hand_in, description="Hand in for review", done="handed in for review")
    publish = publish_action(services.publish, reads=[])
    retract = bulk_action(Retract(HeadToHead, about=["first_tool", "second_tool"]), permission="publish")
    unschedule = bulk_action(Unpublish(HeadToHead, about=["first_tool", "second_tool"]), permission="publish")


def _id_in(given: object) -> UUID | None:
    """Of what a form or an address names, which may be anything."""
    try:
        return UUID(str(given))
    except ValueError:
        return None


def _linked(review: Review | None) -> str:
    if review is None:
        return "no live review"
    page = reverse("admin:reviews_review_change", args=[review.pk])
    return format_html('<a href="{}">{}</a> {}', page, review.get_verdict_display(), review.quote)
