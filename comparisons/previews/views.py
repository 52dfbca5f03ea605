"""The endpoints whose answers a preview shows: as ever, and with a link's drafts beside what is published."""

from contextlib import ExitStack

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.parameters import Parameters
from backend.api.throttling import Throttled, throttle
from backend.api.views import NOT_KEPT, PublicView
from comparisons.pairs.views import ComparisonParameters, ComparisonView
from comparisons.previews.drafts import shown_as_published
from comparisons.previews.links import LIMITS, MAX_TOKEN_LENGTH, PreviewNotFound, find_link
from comparisons.tools.views import ToolParameters, ToolView
from reviews.views import ReviewParameters, ReviewView


class PreviewParameters(Parameters):
    preview = serializers.CharField(
        required=False,
        max_length=MAX_TOKEN_LENGTH,
        help_text="The token of a link to a preview. The answer is as it will be once the drafts of that link are "
        "published, and for nobody to keep: `private, no-store`. Where the link is over or not whole: 404, "
        "`preview_not_found`.",
    )


class Previewable(PublicView):
    """Stands before the view whose answer it may show ahead of time; that view knows nothing of it."""

    # What the parameter adds to what the view's methods refuse.
    more_refusals = (PreviewNotFound, Throttled)

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        # What is shown ahead of time ends with the answer, whatever became of it.
        with ExitStack() as self.preview:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if token := getattr(self, "params", {}).get("preview"):
            now = timezone.now()
            link = find_link(token, now=now)
            # Before what is rolled back, or the count would be too.
            throttle((f"preview {link.pk}", LIMITS), now=now)
            self.preview.enter_context(shown_as_published(link.drafts, now=now))

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if "preview" in request.query_params:
            response["Cache-Control"] = NOT_KEPT
            response["X-Robots-Tag"] = "noindex, nofollow"
        return response


class PreviewableToolParameters(PreviewParameters, ToolParameters):
    pass


class PreviewableToolView(Previewable, ToolView):
    parameters = PreviewableToolParameters


class PreviewableReviewParameters(PreviewParameters, ReviewParameters):
    pass


class PreviewableReviewView(Previewable, ReviewView):
    parameters = PreviewableReviewParameters


class PreviewableComparisonParameters(PreviewParameters, ComparisonParameters):
    pass


class PreviewableComparisonView(Previewable, ComparisonView):
    parameters = PreviewableComparisonParameters
