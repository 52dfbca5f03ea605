"""The bases of the API's views, public and private, and serializers that can leave fields out."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import renderers
from rest_framework.exceptions import MethodNotAllowed, NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.credentials import Scheme
from backend.api.deprecation import deprecation_of
from backend.api.parameters import AnySerializer, Parameters
from backend.api.rate_limits import Limit, RateLimitState, rate_limit_headers
from backend.api.remembered import remembered

# What is said to one caller is for nobody else.
NOT_KEPT = "private, no-store"
UNSAFE_METHODS = {"POST", "PUT", "PATCH", "DELETE"}


class JSONRenderer(renderers.JSONRenderer):
    """Without DRF's `Accept: application/json; indent=8`: one address has one representation."""

    def get_indent(self, accepted_media_type: str, renderer_context: object) -> None:
        return None


class JsonNegotiation(BaseContentNegotiation):
    """Every answer is JSON, or what a view's one renderer writes: `Accept` may refuse it, and chooses nothing."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[renderers.BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[renderers.BaseRenderer, str]:
        if not accepts_json(request):
            raise NotAcceptable
        [renderer] = renderers
        return renderer, str(renderer.media_type)


class PublicView(APIView):
    """A read whose answers carry nobody's data, so that shared caches may keep them: every public read is one.

    `self.params` holds the validated query, as `parameters` describes it.
    """

    parameters: type[Parameters] = Parameters
    # How many seconds a cache may keep an answer, and so how long it goes on with what was unpublished or corrected.
    max_age = 60
    # Whether it answers 308 to some addresses; the schema says so.
    may_move = False

    renderer_classes: Sequence[type[renderers.BaseRenderer]] = (JSONRenderer,)
    content_negotiation_class = JsonNegotiation

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            self.params = self.parameters.read(request.query_params)

    def options(self, *args: object, **kwargs: object) -> Response:
        """Says in `Allow` what is answered here, and nothing of the inside."""
        return Response(status=204)

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in {"GET", "HEAD"} and response.status_code in {200, 308}:
            # A redirect that is kept would lead round and round with a fresh one, once a rename is undone.
            moved = response.status_code == 308
            response["Cache-Control"] = "no-cache" if moved else f"public, max-age={self.max_age}"
        say_deprecation(self, request, response)
        return response


class PrivateView(APIView):
    """An endpoint whose answers are for their caller alone: `private, no-store`.

    Requests pass DRF's wrapping by, which takes longer than counting a vote: methods get Django's request and give
    Django's response. What they raise is answered as everywhere, and the schema is made as for every view.
    `self.params` holds the validated query, as `parameters` describes it.
    """

    parameters: type[Parameters] = Parameters
    # What it asks for; its methods read the token.
    credentials: Scheme | None = None
    may_move = False
    # One of the limits that count its unsafe methods, as the contract's example; None: they are not counted.
    counted_by: Limit | None = None
    # Set by what counts: every answer from there on, refusals too, says what is left.
    rate_limits: RateLimitState | None = None

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        self.request, self.args, self.kwargs = request, args, kwargs  # type: ignore[assignment]
        try:
            self.check(request)
            handler: Callable[..., HttpResponseBase] = getattr(self, str(request.method).lower())
            answer = handler(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - what has no answer is raised again.
            answer = self.handle_exception(error)
        if answer.status_code == 405:
            answer["Allow"] = ", ".join(self.allowed_methods)
        answer.headers.setdefault("Cache-Control", NOT_KEPT)
        if self.rate_limits:
            for name, value in rate_limit_headers(self.rate_limits).items():
                # A refusal that was throttled knows more: which of several limits it was.
                answer.headers.setdefault(name, value)
        say_deprecation(self, request, answer)
        return answer

    def check(self, request: HttpRequest) -> None:
        """Raises what is wrong with the request before its body and its credentials are read, and counts it.

        A request whose method or `Accept` is refused is not counted; one whose query is refused is.
        """
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        if not accepts_json(request):
            raise NotAcceptable
        if self.counted_by and request.method in UNSAFE_METHODS:
            self.rate_limits = self.count(request)
        if request.GET or self.parameters is not Parameters:
            self.params = self.parameters.read(request.GET)

    def count(self, request: HttpRequest) -> RateLimitState | None:
        """Where requests are counted before anything of them is read; raises Throttled."""
        return None

    def options(self, *args: object, **kwargs: object) -> HttpResponse:  # type: ignore[override]
        return nothing(headers={"Allow": ", ".join(self.allowed_methods)})


def say_deprecation(view: APIView, request: HttpRequest | Request, answer: HttpResponseBase) -> None:
    """Adds what `deprecated` says of the method, if it does."""
    if deprecation := deprecation_of(view, request.method):
        for name, value in deprecation.headers().items():
            answer[name] = value


# What may stand in `Accept` for JSON, the most specific first.
JSON_RANGES = ("application/json", "application/*", "*/*")


def accepts_json(request: HttpRequest | Request) -> bool:
    """Whether the request's `Accept` allows JSON."""
    return allows_json(request.META.get("HTTP_ACCEPT", ""))


@remembered
def allows_json(accepted: str) -> bool:
    """Whether an `Accept` allows JSON (RFC 9110, 12.5.1): the most specific range that speaks of it decides.

    `q=0` refuses, and an empty header allows everything.
    """
    weights: dict[str, float] = {}
    for part in (accepted or "*/*").split(","):
        media_range, *parameters = (each.strip().lower() for each in part.split(";"))
        weights[media_range] = max(weights.get(media_range, 0), _weight(parameters))
    return next((weights[each] > 0 for each in JSON_RANGES if each in weights), False)


def _weight(parameters: Sequence[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0
    return 1


def nothing(*, headers: Mapping[str, str] = MappingProxyType({})) -> HttpResponse:
    """A 204."""
    response = HttpResponse(status=204, headers=headers)
    # Django would say that nothing is HTML.
    del response["Content-Type"]
    return response


def private_answer(document: object, *, status: int = 200) -> HttpResponse:
    """JSON that nobody but the caller may keep."""
    return HttpResponse(
        _encode(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": NOT_KEPT},
    )


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def timestamp(moment: datetime | None) -> str | None:
    """As DRF writes times: RFC 3339, in UTC with a Z."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def field_names(serializer: type[AnySerializer]) -> list[str]:
    """The closed list that a `fields=` parameter offers."""
    return list(serializer().fields)
