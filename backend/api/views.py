"""The base of views that answer everybody alike, and serializers that can leave fields out."""

from collections.abc import Collection, Sequence
from typing import Any

from rest_framework import renderers, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.parameters import Parameters


class JSONRenderer(renderers.JSONRenderer):
    """Without DRF's `Accept: application/json; indent=8`: one address has one representation."""

    def get_indent(self, accepted_media_type: str, renderer_context: Any) -> None:
        return None


class PublicView(APIView):
    """
    A read that shared caches may keep.

    `self.params` holds the validated query, as `parameters` describes it.
    """

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
            kept = f"max-age={self.max_age}, stale-while-revalidate={self.stale_while_revalidate}"
            response["Cache-Control"] = f"public, {kept}"
        return response


class Sparse(serializers.Serializer[Any]):
    """A serializer of which `only=` some fields are computed and shown; all of them when it is empty."""

    def __init__(self, *args: Any, only: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if only:
            for name in set(self.fields) - set(only):
                del self.fields[name]


def field_names(serializer: type[serializers.Serializer[Any]]) -> list[str]:
    """The closed list that a `fields=` parameter offers."""
    return list(serializer().fields)
