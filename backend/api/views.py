"""The base of views that answer everybody alike, and serializers that can leave fields out."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import renderers, serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.parameters import Parameters

# What is said to one caller is for nobody else.
NOT_KEPT = "private, no-store"


class JSONRenderer(renderers.JSONRenderer):
    """Without DRF's `Accept: application/json; indent=8`: one address has one representation."""

    def get_indent(self, accepted_media_type: str, renderer_context: Any) -> None:
        return None


class PublicView(APIView):
    """
    A read that shared caches may keep, unless `is_public` says otherwise.

    `self.params` holds the validated query, as `parameters` describes it.
    """

    is_public = True

    parameters: type[Parameters] = Parameters
    max_age = 60
    stale_while_revalidate = 300
    # Whether it answers 308 to some addresses; the schema says so.
    may_move = False

    renderer_classes: Sequence[type[renderers.BaseRenderer]] = (JSONRenderer,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            self.params = self.parameters.read(request.query_params)

    def options(self, *args: Any, **kwargs: Any) -> Response:
        """Says in `Allow` what is answered here, and nothing of the inside."""
        return Response(status=204)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in {"GET", "HEAD"} and response.status_code in {200, 308}:
            kept = f"public, max-age={self.max_age}, stale-while-revalidate={self.stale_while_revalidate}"
            response["Cache-Control"] = kept if self.is_public else NOT_KEPT
        return response


class PlainView(APIView):
    """
    An endpoint whose requests pass DRF's wrapping by: it takes longer than counting a vote.

    Methods get Django's request and give Django's response; what they raise is answered as everywhere. The schema
    is made as for every view.
    """

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request, self.args, self.kwargs = request, args, kwargs
        try:
            if request.method not in self.allowed_methods:
                raise MethodNotAllowed(request.method)
            if request.GET:
                # It takes none, and says so.
                Parameters.read(request.GET)
            answer: HttpResponseBase = getattr(self, request.method.lower())(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - what has no answer is raised again.
            answer = self.handle_exception(error)
        if answer.status_code == 405:
            answer["Allow"] = ", ".join(self.allowed_methods)
        answer.setdefault("Cache-Control", NOT_KEPT)
        return answer

    def options(self, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        return nothing(headers={"Allow": ", ".join(self.allowed_methods)})


def nothing(*, headers: Mapping[str, str] = MappingProxyType({})) -> HttpResponse:
    """A 204."""
    response = HttpResponse(status=204, headers=headers)
    # Django would say that nothing is HTML.
    del response["Content-Type"]
    return response


def private_answer(document: Any, *, headers: Mapping[str, str] = MappingProxyType({})) -> HttpResponse:
    """JSON that nobody but the caller may keep."""
    return HttpResponse(
        _encode(document),
        content_type="application/json",
        headers={"Cache-Control": NOT_KEPT, **headers},
    )


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def timestamp(moment: datetime | None) -> str | None:
    """As DRF writes times: RFC 3339, in UTC with a Z."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


class SparseFieldsMixin(serializers.Serializer[Any]):
    """A serializer of which `only=` some fields are computed and shown; all of them when it is empty."""

    def __init__(self, *args: Any, only: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if only:
            for name in set(self.fields) - set(only):
                del self.fields[name]


def field_names(serializer: type[serializers.Serializer[Any]]) -> list[str]:
    """The closed list that a `fields=` parameter offers."""
    return list(serializer().fields)
