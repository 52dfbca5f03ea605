"""What describes the API over HTTP: the contract itself, and each kind of problem."""

from django.conf import settings
from django.http import Http404, HttpResponse
from drf_spectacular.renderers import OpenApiYamlRenderer2
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.problems import PROBLEMS, title_of
from backend.api.views import PublicView

CONTRACT = settings.BASE_DIR / "openapi.yaml"


class OpenApiView(PublicView):
    """The committed contract: a test holds it equal to the code, so nothing is generated on request."""

    renderer_classes = (OpenApiYamlRenderer2,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(CONTRACT.read_bytes(), content_type="application/yaml")


class ProblemView(PublicView):
    """What the `type` of a problem leads to."""

    @extend_schema(exclude=True)
    def get(self, request: Request, slug: str) -> Response:
        code = slug.replace("-", "_")
        if code not in PROBLEMS:
            raise Http404
        kind = PROBLEMS[code]
        return Response(
            {"code": code, "title": title_of(code), "status": kind.status, "meaning": kind.meaning}
        )
