"""Endpoints of the panel: reviewers, published reviews, and published head-to-heads."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, count_field, page_schema
from backend.api.parameters import COUNT, INCLUDE_COUNT, CommaList, ListParameters, Parameters
from backend.api.problems import Refusal, refuses
from backend.api.rendering import all_rendered, rendered
from backend.api.views import PublicView, field_names
from catalog.models import Tool
from catalog.slugs import TOOL, refuse_unknown_slugs
from catalog.views import VISIBLE_TOOLS, ToolNotFound, find_tool
from reviews.counts import count_reviews
from reviews.models import HeadToHead, Review, Reviewer
from reviews.revisions import former, present
from reviews.serializers import (
    HeadToHeadSerializer,
    ReviewerDetailSerializer,
    ReviewerSerializer,
    ReviewRevisionSerializer,
    ReviewSerializer,
    ToolReviewSerializer,
)
from reviews.slugs import REVIEWER

# How many of a reviewer's answers to pairs their page shows.
LATEST = 10


class ReviewerNotFound(Refusal):
    status_code = 404
    default_code = "reviewer_not_found"
    default_detail = "There is no reviewer with this slug."


class ReviewNotFound(Refusal):
    status_code = 404
    default_code = "review_not_found"
    default_detail = "No published review has this id."


class ReviewerListView(ListView):
    parameters = ListParameters.selecting(field_names(ReviewerSerializer))

    @extend_schema(
        operation_id="list_reviewers", tags=["reviewers"], responses=page_schema(ReviewerSerializer)
    )
    def get(self, request: Request) -> Response:
        """List the panel's reviewers, in the roster's order

        The people and personas of the panel, those who no longer review included (`is_active` is false), each with a
        record over published reviews.
        """
        return self.answer_page(
            Reviewer.objects.with_record(), keys=["position"], serializer=ReviewerSerializer
        )


class ReviewerView(PublicView):
    parameters = Parameters.selecting(field_names(ReviewerDetailSerializer))

    @extend_schema(operation_id="retrieve_reviewer", tags=["reviewers"], responses=ReviewerDetailSerializer)
    @refuses(ReviewerNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """Retrieve a reviewer with their ship rate

        One reviewer by their slug, with a record over published reviews, how these stand beside what others say, and the
        latest answers to pairs.
        """
        reviewer = Reviewer.objects.with_record().select_related("calibration").filter(slug=slug).first()
        if reviewer is None:
            raise ReviewerNotFound
        own = HeadToHead.objects.published().with_all_named().filter(reviewer=reviewer)
        reviewer.latest_head_to_heads = own.order_by("-published_at", "-id")[:LATEST]
        return Response(rendered(ReviewerDetailSerializer, reviewer, only=self.params["fields"]))


class HeadToHeadListParameters(ListParameters):
    selectable = field_names(HeadToHeadSerializer)
    tool = CommaList(help_text="Slugs of tools, present or earlier ones; a pair matches with either side.")
    reviewer = CommaList(help_text="Slugs of reviewers.")


class HeadToHeadListView(ListView):
    parameters = HeadToHeadListParameters

    @extend_schema(
        operation_id="list_head_to_heads", tags=["reviews"], responses=page_schema(HeadToHeadSerializer)
    )
    def get(self, request: Request) -> Response:
        """List which of two tools reviewers would ship with, newest first

        Published answers of reviewers to pairs of tools, whether or not an editor paired them; narrow them by tool or
        reviewer. A comparison shows those on its pair in its scorecard.
        """
        refuse_unknown_slugs(self.params, {"tool": TOOL, "reviewer": REVIEWER})
        answers = HeadToHead.objects.published().with_all_named()
        if self.params["tool"]:
            answers = answers.of_tools(Tool.objects.ids_of(self.params["tool"]))
        if self.params["reviewer"]:
            answers = answers.filter(reviewer__in=Reviewer.objects.ids_of(self.params["reviewer"]))
        return self.answer_page(answers, keys=["-created_at"], serializer=HeadToHeadSerializer)


class ReviewListParameters(ListParameters):
    selectable = field_names(ReviewSerializer)
    include = CommaList(choices=[COUNT], help_text=INCLUDE_COUNT)
    tool = CommaList(help_text="Slugs of tools, present or earlier ones.")
    reviewer = CommaList(help_text="Slugs of reviewers.")
    verdict = CommaList(choices=Review.Verdict.values)


class ReviewListView(ListView):
    parameters = ReviewListParameters

    @extend_schema(
        operation_id="list_reviews",
        tags=["reviews"],
        responses=page_schema(ReviewSerializer, count=count_field()),
    )
    def get(self, request: Request) -> Response:
        """List published reviews, newest first

        Published reviews across all tools; narrow them by tool, reviewer or verdict.
        """
        refuse_unknown_slugs(self.params, {"tool": TOOL, "reviewer": REVIEWER})
        reviews = Review.objects.published().select_related("tool", "reviewer")
        if self.params["tool"]:
            reviews = reviews.of_tools(Tool.objects.ids_of(self.params["tool"]))
        if self.params["reviewer"]:
            reviews = reviews.filter(reviewer__in=Reviewer.objects.ids_of(self.params["reviewer"]))
        if self.params["verdict"]:
            reviews = reviews.filter(verdict__in=self.params["verdict"])
        return self.answer_page(reviews, keys=["-created_at"], serializer=ReviewSerializer)

    def kept_count(self) -> int | None:
        """Those of a tool are few."""
        return None if self.params["tool"] else count_reviews(self.params["reviewer"], self.params["verdict"])


class ReviewParameters(Parameters):
    selectable = field_names(ReviewSerializer)


class ReviewView(PublicView):
    parameters = ReviewParameters

    @extend_schema(operation_id="retrieve_review", tags=["reviews"], responses=ReviewSerializer)
    @refuses(ReviewNotFound)
    def get(self, request: Request, id: UUID) -> Response:
        """Retrieve a published review

        One published review by its id.
        """
        review = Review.objects.published().select_related("tool", "reviewer").filter(pk=id).first()
        if review is None:
            raise ReviewNotFound
        return Response(rendered(ReviewSerializer, review, only=self.params["fields"]))


class ReviewRevisionListView(ListView):
    parameters = ListParameters.selecting(field_names(ReviewRevisionSerializer))

    @extend_schema(
        operation_id="list_review_revisions",
        tags=["reviews"],
        responses=page_schema(ReviewRevisionSerializer, current=ReviewRevisionSerializer()),
    )
    @refuses(ReviewNotFound)
    def get(self, request: Request, id: UUID) -> Response:
        """List what a review said before it was corrected

        `current` is what the published review says now, and `results` what it said before, the latest first, each with
        its times and with the note that the editors left when they made it.
        """
        review = Review.objects.published().filter(pk=id).first()
        if review is None:
            raise ReviewNotFound
        page = self.page(former(review), keys=["-number"])
        only = self.params["fields"]
        results = all_rendered(ReviewRevisionSerializer, page.results, only=only)
        current = rendered(ReviewRevisionSerializer, present(review), only=only)
        return Response(page.as_dict(results, current=current))


class ToolReviewListView(ListView):
    parameters = ListParameters.selecting(field_names(ToolReviewSerializer))
    may_move = True

    @extend_schema(
        operation_id="list_tool_reviews", tags=["tools"], responses=page_schema(ToolReviewSerializer)
    )
    @refuses(ToolNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """List a tool's published reviews, in the roster's order

        The published reviews of one tool. An earlier slug of the tool answers 308.
        """
        tool = find_tool(slug, VISIBLE_TOOLS)
        reviews = Review.objects.published().of_tools([tool.pk]).select_related("reviewer")
        return self.answer_page(reviews, keys=["reviewer__position"], serializer=ToolReviewSerializer)
